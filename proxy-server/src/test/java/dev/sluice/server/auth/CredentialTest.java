package dev.sluice.server.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.auth.CachingSha2Password;
import dev.sluice.protocol.auth.NativePassword;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class CredentialTest {
    private static final byte[] NONCE = "12345678901234567890".getBytes(StandardCharsets.US_ASCII);

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void itsTextNamesTheUserAndNothingElse() {
        assertThat(Credential.ofPassword(LoginName.of("app"), bytes("tops3cret")))
                .hasToString("Credential[app, redacted]");
        assertThat(Credential.ofNativeStage1(LoginName.of("app"), bytes("01234567890123456789")))
                .hasToString("Credential[app, redacted]");
    }

    @Test
    void theSameUserAndPasswordAreTheSameSecret() {
        Credential one = Credential.ofPassword(LoginName.of("app"), bytes("secret"));
        assertThat(one.sameSecret(Credential.ofPassword(LoginName.of("app"), bytes("secret"))))
                .isTrue();
        assertThat(one.sameSecret(Credential.ofPassword(LoginName.of("app"), bytes("Secret"))))
                .isFalse();
        assertThat(one.sameSecret(Credential.ofPassword(LoginName.of("other"), bytes("secret"))))
                .isFalse();
    }

    @Test
    void aPasswordAndItsHashAreNotTheSameKnowledge() throws Exception {
        byte[] stage1 = MessageDigest.getInstance("SHA-1").digest(bytes("secret"));
        Credential hash = Credential.ofNativeStage1(LoginName.of("app"), stage1);
        assertThat(hash.sameSecret(Credential.ofPassword(LoginName.of("app"), bytes("secret"))))
                .isFalse();
        assertThat(hash.sameSecret(Credential.ofNativeStage1(LoginName.of("app"), stage1.clone())))
                .isTrue();
        assertThat(hash.sameSecret(Credential.ofNativeStage1(LoginName.of("app"), new byte[20])))
                .isFalse();
    }

    @Test
    void aHashAnswersTheNativeChallengeAsThePasswordDoes() throws Exception {
        byte[] stage1 = MessageDigest.getInstance("SHA-1").digest(bytes("secret"));
        byte[] answer = NativePassword.scramble(bytes("secret"), NONCE);
        assertThat(Credential.ofNativeStage1(LoginName.of("app"), stage1).nativeResponse(NONCE))
                .isEqualTo(answer);
        assertThat(Credential.ofPassword(LoginName.of("app"), bytes("secret")).nativeResponse(NONCE))
                .isEqualTo(answer);
    }

    @Test
    void aHashKnowsNoPassword() {
        Credential hash = Credential.ofNativeStage1(LoginName.of("app"), new byte[20]);
        assertThat(hash.password()).isNull();
        assertThat(hash.isEmpty()).isFalse();
        assertThat(hash.matchesSha2(CachingSha2Password.scramble(bytes("secret"), NONCE), NONCE))
                .isFalse();
    }

    @Test
    void aScrambleOfThePasswordMatchesAndOfAnotherDoesNot() {
        Credential credential = Credential.ofPassword(LoginName.of("app"), bytes("secret"));
        assertThat(credential.matchesSha2(CachingSha2Password.scramble(bytes("secret"), NONCE), NONCE))
                .isTrue();
        assertThat(credential.matchesSha2(CachingSha2Password.scramble(bytes("secreT"), NONCE), NONCE))
                .isFalse();
        assertThat(credential.matchesSha2(new byte[0], NONCE)).isFalse();
    }

    @Test
    void aPasswordThatIsHandedOutIsACopy() {
        Credential credential = Credential.ofPassword(LoginName.of("app"), bytes("secret"));
        byte[] copy = credential.password();
        assertThat(copy).isNotNull();
        Arrays.fill(copy, (byte) 0);
        assertThat(credential.password()).isEqualTo(bytes("secret"));
        assertThat(credential.isEmpty()).isFalse();
        assertThat(Credential.ofPassword(LoginName.of("app"), new byte[0]).isEmpty())
                .isTrue();
    }

    @Test
    void aPasswordThatIsKnownIsProvedByItselfAndByItsHash() {
        assertThat(Credential.ofPassword(LoginName.of("app"), bytes("secret")).proves(bytes("secret")))
                .isTrue();
        assertThat(Credential.ofPassword(LoginName.of("app"), bytes("secreT")).proves(bytes("secret")))
                .isFalse();
        assertThat(Credential.ofPassword(LoginName.of("app"), new byte[0]).proves(bytes("secret")))
                .isFalse();
        byte[] stage1 = NativePassword.stage1(bytes("secret"));
        assertThat(Credential.ofNativeStage1(LoginName.of("app"), stage1).proves(bytes("secret")))
                .isTrue();
        assertThat(Credential.ofNativeStage1(LoginName.of("app"), stage1).proves(bytes("other")))
                .isFalse();
    }
}
