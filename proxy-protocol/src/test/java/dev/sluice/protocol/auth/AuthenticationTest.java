package dev.sluice.protocol.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.protocol.ProtocolException;
import dev.sluice.protocol.testing.GoldenCapture;
import dev.sluice.protocol.testing.Hex;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The plugins' arithmetic, against formulas written out here and against values of real servers. */
class AuthenticationTest {
    private static final byte[] NONCE = ascii("0123456789abcdefghij");
    private static final byte[] PASSWORD = ascii("secret");

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] hash(String algorithm, byte[]... parts) throws Exception {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.write(part);
        }
        return MessageDigest.getInstance(algorithm).digest(all.toByteArray());
    }

    private static byte[] xor(byte[] left, byte[] right) {
        byte[] result = new byte[left.length];
        for (int i = 0; i < left.length; i++) {
            result[i] = (byte) (left[i] ^ right[i]);
        }
        return result;
    }

    @Test
    void aNativeScrambleFollowsItsFormula() throws Exception {
        byte[] stage1 = hash("SHA-1", PASSWORD);
        byte[] stage2 = hash("SHA-1", stage1);
        byte[] expected = xor(stage1, hash("SHA-1", NONCE, stage2));

        byte[] response = NativePassword.scramble(PASSWORD, NONCE);

        assertThat(response).isEqualTo(expected);
        assertThat(NativePassword.scrambleFromStage1(stage1, NONCE)).isEqualTo(expected);
        assertThat(NativePassword.recoverStage1(response, NONCE, stage2)).isEqualTo(stage1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"mysql-8.0.31", "mariadb-10.11.19"})
    void aNativeScrambleIsWhatARealServerAccepted(String server) {
        GoldenCapture login = GoldenCapture.of(server, "login-ok");
        assertThat(NativePassword.scramble(ascii("apppw"), login.bytes("nonce")))
                .isEqualTo(login.bytes("response"));
    }

    @Test
    void aNativeResponseForAnotherPasswordOrNonceRecoversNothing() throws Exception {
        byte[] stage2 = hash("SHA-1", hash("SHA-1", PASSWORD));
        assertThat(NativePassword.recoverStage1(NativePassword.scramble(ascii("other"), NONCE), NONCE, stage2))
                .isNull();
        assertThat(NativePassword.recoverStage1(
                        NativePassword.scramble(PASSWORD, NONCE), ascii("0123456789abcdefghiX"), stage2))
                .isNull();
        assertThat(NativePassword.recoverStage1(new byte[0], NONCE, stage2)).isNull();
        assertThat(NativePassword.recoverStage1(new byte[20], NONCE, new byte[0]))
                .isNull();
    }

    @Test
    void theHashOfAnAccountTableIsStage2() throws Exception {
        // SELECT PASSWORD('password') of any server.
        assertThat(NativePassword.stage2FromHex("*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19"))
                .isEqualTo(hash("SHA-1", hash("SHA-1", ascii("password"))));
        assertThat(NativePassword.authenticationString(ascii("password")))
                .isEqualTo("*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19");
        assertThat(NativePassword.stage1(ascii("password"))).isEqualTo(hash("SHA-1", ascii("password")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "*",
                "2470C0C06DEE42FD1618BB99005ADCA2EC9D1E190",
                "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E1",
                "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E1G"
            })
    void anythingElseIsNoHashAndIsNotRepeated(String text) {
        assertThatThrownBy(() -> NativePassword.stage2FromHex(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasNoCause()
                .hasMessageNotContaining("2470");
    }

    @Test
    void aSha2ScrambleFollowsItsFormula() throws Exception {
        byte[] stage1 = hash("SHA-256", PASSWORD);
        byte[] verifier = hash("SHA-256", stage1);
        byte[] expected = xor(stage1, hash("SHA-256", verifier, NONCE));

        byte[] response = CachingSha2Password.scramble(PASSWORD, NONCE);

        assertThat(response).isEqualTo(expected);
        assertThat(CachingSha2Password.scrambleFromStage1(stage1, NONCE)).isEqualTo(expected);
        assertThat(CachingSha2Password.verifier(PASSWORD)).isEqualTo(verifier);
        assertThat(CachingSha2Password.matches(response, NONCE, verifier)).isTrue();
        assertThat(CachingSha2Password.recoverStage1(response, NONCE, verifier)).isEqualTo(stage1);
    }

    @Test
    void aSha2ScrambleIsWhatARealServerAccepted() {
        GoldenCapture login = GoldenCapture.of("mysql-8.0.31", "login-sha2");
        assertThat(CachingSha2Password.scramble(ascii("shapw"), login.bytes("nonce")))
                .isEqualTo(login.bytes("response"));
    }

    @Test
    void aSha2ResponseMatchesNoOtherPasswordOrNonce() {
        byte[] verifier = CachingSha2Password.verifier(PASSWORD);
        byte[] response = CachingSha2Password.scramble(PASSWORD, NONCE);
        for (int i = 0; i < response.length; i++) {
            byte[] changed = response.clone();
            changed[i] ^= 1;
            assertThat(CachingSha2Password.matches(changed, NONCE, verifier)).isFalse();
        }
        assertThat(CachingSha2Password.matches(response, ascii("X123456789abcdefghij"), verifier))
                .isFalse();
        assertThat(CachingSha2Password.matches(new byte[0], NONCE, verifier)).isFalse();
        assertThat(CachingSha2Password.matches(response, NONCE, new byte[0])).isFalse();
    }

    @Test
    void anEmptyPasswordHasAnEmptyResponse() {
        assertThat(NativePassword.scramble(new byte[0], NONCE)).isEmpty();
        assertThat(CachingSha2Password.scramble(new byte[0], NONCE)).isEmpty();
    }

    @Test
    void aPasswordTravelsEncrypted() {
        RsaKeys keys = RsaKeys.generate();
        for (String password : new String[] {"", "x", "a password that is longer than the nonce", "ü€"}) {
            byte[] bytes = password.getBytes(StandardCharsets.UTF_8);
            byte[] encrypted = RsaKeys.encryptPassword(bytes, NONCE, keys.publicKeyPem());

            assertThat(encrypted).hasSize(256);
            assertThat(keys.decryptPassword(encrypted, NONCE)).isEqualTo(bytes);
        }
        assertThat(keys.publicKeyPem())
                .startsWith("-----BEGIN PUBLIC KEY-----\n")
                .endsWith("-----END PUBLIC KEY-----\n");
    }

    @Test
    void whatIsNoEncryptedPasswordIsRefusedWithOneMessage() {
        RsaKeys keys = RsaKeys.generate();
        byte[] encrypted = RsaKeys.encryptPassword(PASSWORD, NONCE, keys.publicKeyPem());
        encrypted[7] ^= 1;
        String message =
                "encrypted password: expected a password for this key and nonce, found something else" + " at offset 0";

        assertThatThrownBy(() -> keys.decryptPassword(encrypted, NONCE))
                .isInstanceOf(ProtocolException.class)
                .hasMessage(message);
        assertThatThrownBy(() -> keys.decryptPassword(new byte[3], NONCE)).hasMessage(message);
        // Another nonce makes the terminator something else.
        byte[] good = RsaKeys.encryptPassword(PASSWORD, NONCE, keys.publicKeyPem());
        assertThatThrownBy(() -> keys.decryptPassword(good, ascii("XXXXXXXXXXXXXXXXXXXX")))
                .hasMessage(message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "no PEM",
                "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
                "-----END PUBLIC KEY----------BEGIN PUBLIC KEY-----"
            })
    void whatIsNoPublicKeyIsRefused(String pem) {
        assertThatThrownBy(() -> RsaKeys.encryptPassword(PASSWORD, NONCE, pem)).isInstanceOf(ProtocolException.class);
    }

    @Test
    void noncesAreFreshAndHoldNoBytesThatOldClientsStopAt() {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 1_000; i++) {
            byte[] nonce = Nonce.random();
            assertThat(nonce).hasSize(20).doesNotContain(0, '$');
            for (byte b : nonce) {
                assertThat(b).isPositive();
            }
            assertThat(seen.add(Hex.of(nonce))).isTrue();
        }
    }
}
