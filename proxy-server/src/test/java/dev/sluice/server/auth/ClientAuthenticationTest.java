package dev.sluice.server.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.protocol.ProtocolException;
import dev.sluice.protocol.auth.CachingSha2Password;
import dev.sluice.protocol.auth.NativePassword;
import dev.sluice.protocol.auth.RsaKeys;
import dev.sluice.protocol.packet.AuthSwitchRequest;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.server.monitor.Accounts;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClientAuthenticationTest extends LoginExchange {
    @Test
    void aPasswordThatWasProvedLatelyTakesTheFastPath() {
        Credential known = Credential.ofPassword(LoginName.of("app"), SECRET);
        cache.proved(known, cache.changes());
        login(false).start("app", SHA2, CachingSha2Password.scramble(SECRET, NONCE), 1);
        assertThat(log).containsExactly("2 AuthMoreData", "3 accepted");
        assertThat(moreData(0)).containsExactly(CachingSha2Password.FAST_AUTH_SUCCESS);
        assertThat(accepted).isSameAs(known);
    }

    @Test
    void anUnknownUserSendsThePasswordOverTlsAndABackendDecides() {
        ClientAuthentication login = login(true);
        login.start("app", SHA2, CachingSha2Password.scramble(SECRET, NONCE), 1);
        assertThat(moreData(0)).containsExactly(CachingSha2Password.PERFORM_FULL_AUTHENTICATION);
        login.received(Unpooled.wrappedBuffer(Arrays.copyOf(SECRET, 7)), 3);
        assertThat(log).containsExactly("2 AuthMoreData", "prove");
        assertThat(proving.get(0).password()).isEqualTo(SECRET);
        assertThat(cache.find(LoginName.of("app"))).isNull();
        decide(true);
        assertThat(log).containsExactly("2 AuthMoreData", "prove", "4 accepted");
        assertThat(cache.find(LoginName.of("app"))).isSameAs(accepted);
    }

    @Test
    void withoutTlsThePasswordIsEncryptedWithThePublicKeyThatIsAskedFor() {
        ClientAuthentication login = login(false);
        login.start("app", SHA2, CachingSha2Password.scramble(SECRET, NONCE), 1);
        login.received(Unpooled.wrappedBuffer(new byte[] {CachingSha2Password.REQUEST_PUBLIC_KEY}), 3);
        String pem = new String(moreData(1), StandardCharsets.US_ASCII);
        assertThat(pem).isEqualTo(KEYS.publicKeyPem());
        login.received(Unpooled.wrappedBuffer(RsaKeys.encryptPassword(SECRET, NONCE, pem)), 5);
        assertThat(log).containsExactly("2 AuthMoreData", "4 AuthMoreData", "prove");
        assertThat(proving.get(0).password()).isEqualTo(SECRET);
        decide(true);
        assertThat(log).last().isEqualTo("6 accepted");
    }

    @Test
    void aPasswordInTheClearIsNotTakenWithoutTls() {
        ClientAuthentication login = login(false);
        login.start("app", SHA2, CachingSha2Password.scramble(SECRET, NONCE), 1);
        login.received(Unpooled.wrappedBuffer(Arrays.copyOf(SECRET, 7)), 3);
        assertThat(log).containsExactly("2 AuthMoreData", "4 rejected");
        assertThat(error)
                .isEqualTo(
                        new ErrPacket(1045, "28000", "Access denied for user 'app'@'10.0.0.9' (using password: YES)"));
    }

    @Test
    void anRsaBlockThatCannotBeDecryptedIsAWrongPassword() {
        ClientAuthentication login = login(false);
        login.start("app", SHA2, CachingSha2Password.scramble(SECRET, NONCE), 1);
        login.received(Unpooled.wrappedBuffer(new byte[256]), 3);
        assertThat(log).containsExactly("2 AuthMoreData", "4 rejected");
    }

    @Test
    void aPasswordWithoutItsNulIsRejected() {
        ClientAuthentication login = login(true);
        login.start("app", SHA2, CachingSha2Password.scramble(SECRET, NONCE), 1);
        login.received(Unpooled.wrappedBuffer(SECRET), 3);
        assertThat(log).containsExactly("2 AuthMoreData", "4 rejected");
    }

    @Test
    void aBackendsRefusalIsPassedOnAndAnotherPasswordThatWasProvedStaysKnown() {
        Credential known = Credential.ofPassword(LoginName.of("app"), "old".getBytes(StandardCharsets.UTF_8));
        cache.proved(known, cache.changes());
        ClientAuthentication login = login(true);
        login.start("app", SHA2, CachingSha2Password.scramble(SECRET, NONCE), 1);
        login.received(Unpooled.wrappedBuffer(Arrays.copyOf(SECRET, 7)), 3);
        decide(false);
        assertThat(log).containsExactly("2 AuthMoreData", "prove", "refresh", "4 rejected");
        assertThat(error).isEqualTo(DENIED);
        assertThat(cache.find(LoginName.of("app"))).isSameAs(known);
    }

    @Test
    void aPasswordThatABackendRefusesIsNotKnownAnyMore() {
        cache.proved(Credential.ofPassword(LoginName.of("app"), new byte[0]), cache.changes());
        login(true).start("app", SHA2, new byte[0], 1);
        decide(false);
        assertThat(cache.find(LoginName.of("app"))).isNull();
    }

    @Test
    void anUnknownUserAndAWrongPasswordTakeTheSameWay() {
        accounts.put("known", Accounts.of("known", SHA2, "$A$005$x"));
        cache.proved(Credential.ofPassword(LoginName.of("known"), SECRET), cache.changes());
        byte[] wrong = "wrong\0".getBytes(StandardCharsets.UTF_8);
        for (String user : List.of("known", "unknown")) {
            ClientAuthentication login = login(true);
            login.start(user, SHA2, CachingSha2Password.scramble(Arrays.copyOf(wrong, 5), NONCE), 1);
            login.received(Unpooled.wrappedBuffer(wrong), 3);
            decide(false);
        }
        assertThat(log).hasSize(8);
        assertThat(log.subList(0, 4)).isEqualTo(log.subList(4, 8));
        assertThat(sent.get(0)).isEqualTo(sent.get(1));
    }

    @Test
    void anEmptyPasswordIsProvedWithoutAnExchange() {
        login(false).start("app", SHA2, new byte[0], 1);
        assertThat(log).containsExactly("prove");
        assertThat(proving.get(0).isEmpty()).isTrue();
        decide(true);
        assertThat(log).containsExactly("prove", "2 accepted");
    }

    @Test
    void anEmptyPasswordOfCachingSha2MayBeOneZeroByte() {
        login(false).start("app", SHA2, new byte[1], 1);
        assertThat(log).containsExactly("prove");
        assertThat(proving.get(0).isEmpty()).isTrue();
    }

    @Test
    void aClientThatStartsWithAnotherPluginIsSwitched() {
        ClientAuthentication login = login(true);
        login.start("app", NATIVE, NativePassword.scramble(SECRET, NONCE), 1);
        AuthSwitchRequest request = (AuthSwitchRequest) sent.get(0);
        assertThat(request.plugin()).isEqualTo(SHA2);
        assertThat(request.data()).hasSize(21).endsWith((byte) 0).isNotEqualTo(Arrays.copyOf(NONCE, 21));
        byte[] nonce = Arrays.copyOf(request.data(), 20);
        cache.proved(Credential.ofPassword(LoginName.of("app"), SECRET), cache.changes());
        login.received(Unpooled.wrappedBuffer(CachingSha2Password.scramble(SECRET, nonce)), 3);
        assertThat(log).containsExactly("2 AuthSwitchRequest", "4 AuthMoreData", "5 accepted");
    }

    @Test
    void afterASwitchTheFirstNonceProvesNothing() {
        cache.proved(Credential.ofPassword(LoginName.of("app"), SECRET), cache.changes());
        ClientAuthentication login = login(true);
        login.start("app", NATIVE, NativePassword.scramble(SECRET, NONCE), 1);
        login.received(Unpooled.wrappedBuffer(CachingSha2Password.scramble(SECRET, NONCE)), 3);
        assertThat(moreData(1)).containsExactly(CachingSha2Password.PERFORM_FULL_AUTHENTICATION);
    }

    @Test
    void aNativeAccountIsSwitchedToNativeAndItsHashIsProvedOnceAndThenKnown() throws Exception {
        nativeAccount(SECRET);
        ClientAuthentication login = login(false);
        login.start("app", SHA2, CachingSha2Password.scramble(SECRET, NONCE), 1);
        AuthSwitchRequest request = (AuthSwitchRequest) sent.get(0);
        assertThat(request.plugin()).isEqualTo(NATIVE);
        byte[] nonce = Arrays.copyOf(request.data(), 20);
        login.received(Unpooled.wrappedBuffer(NativePassword.scramble(SECRET, nonce)), 3);
        assertThat(log).containsExactly("2 AuthSwitchRequest", "prove");
        assertThat(proving.get(0).nativeResponse(NONCE)).isEqualTo(NativePassword.scramble(SECRET, NONCE));
        decide(true);
        log.clear();
        login(false).start("app", NATIVE, NativePassword.scramble(SECRET, NONCE), 1);
        assertThat(log).containsExactly("2 accepted");
        assertThat(proving).hasSize(1);
    }

    @Test
    void aClientWithoutPluginNamesSpeaksNativeToANativeAccount() throws Exception {
        nativeAccount(SECRET);
        login(false).start("app", null, NativePassword.scramble(SECRET, NONCE), 1);
        assertThat(log).containsExactly("prove");
    }

    @Test
    void aPacketWhileABackendDecidesBreaksTheProtocol() {
        ClientAuthentication login = login(false);
        login.start("app", SHA2, new byte[0], 1);
        assertThatThrownBy(() -> login.received(Unpooled.wrappedBuffer(new byte[1]), 3))
                .isInstanceOf(ProtocolException.class);
    }
}
