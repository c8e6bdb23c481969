package dev.sluice.server.auth;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.protocol.Packet;
import dev.sluice.protocol.ProtocolException;
import dev.sluice.protocol.auth.CachingSha2Password;
import dev.sluice.protocol.auth.NativePassword;
import dev.sluice.protocol.auth.RsaKeys;
import dev.sluice.protocol.packet.AuthMoreData;
import dev.sluice.protocol.packet.AuthSwitchRequest;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.server.monitor.Account;
import dev.sluice.server.monitor.Accounts;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ClientAuthenticationTest {
    private static final String SHA2 = "caching_sha2_password";
    private static final String NATIVE = "mysql_native_password";
    private static final byte[] NONCE = "abcdefghijklmnopqrst".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] SECRET = "secret".getBytes(StandardCharsets.UTF_8);
    private static final RsaKeys KEYS = RsaKeys.generate();
    private static final ErrPacket DENIED = new ErrPacket(1045, "28000", "the backend said no");

    private final CredentialCache cache = new CredentialCache(Duration.ofMinutes(1), 10);
    private final Map<String, Account> accounts = new HashMap<>();
    private final List<Credential> proving = new ArrayList<>();
    private final List<Packet> sent = new ArrayList<>();
    private final List<String> log = new ArrayList<>();
    private CredentialProver.@Nullable Verdict verdict;

    @Nullable
    Credential accepted;

    @Nullable
    ErrPacket error;

    private ClientAuthentication login(boolean encrypted) {
        return new ClientAuthentication(
                new AuthServices(cache, accounts::get, KEYS),
                (credential, given) -> {
                    proving.add(credential);
                    verdict = given;
                    log.add("prove");
                },
                new ClientAuthentication.Listener() {
                    @Override
                    public void send(int sequenceId, Packet packet) {
                        sent.add(packet);
                        log.add(sequenceId + " " + packet.getClass().getSimpleName());
                    }

                    @Override
                    public void accepted(Credential credential, int sequenceId) {
                        accepted = credential;
                        log.add(sequenceId + " accepted");
                    }

                    @Override
                    public void rejected(ErrPacket refusal, int sequenceId) {
                        error = refusal;
                        log.add(sequenceId + " rejected");
                    }
                },
                new ClientAuthentication.Client("10.0.0.9", encrypted),
                NONCE);
    }

    private void decide(boolean proved) {
        CredentialProver.Verdict open = requireNonNull(verdict, "nothing is being proved");
        if (proved) {
            open.proved();
        } else {
            open.refused(DENIED);
        }
    }

    private byte[] moreData(int index) {
        return ((AuthMoreData) sent.get(index)).data();
    }

    /** An account of mysql_native_password, stored as the server stores it. */
    private void nativeAccount(byte[] password) throws Exception {
        MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
        byte[] stage2 = sha1.digest(sha1.digest(password));
        String stored = "*" + HexFormat.of().formatHex(stage2).toUpperCase(Locale.ROOT);
        accounts.put("app", Accounts.of("app", NATIVE, stored));
    }

    @Test
    void aPasswordThatWasProvedLatelyTakesTheFastPath() {
        Credential known = Credential.ofPassword("app", SECRET);
        cache.proved(known);
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
        assertThat(cache.find("app")).isNull();
        decide(true);
        assertThat(log).containsExactly("2 AuthMoreData", "prove", "4 accepted");
        assertThat(cache.find("app")).isSameAs(accepted);
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
        Credential known = Credential.ofPassword("app", "old".getBytes(StandardCharsets.UTF_8));
        cache.proved(known);
        ClientAuthentication login = login(true);
        login.start("app", SHA2, CachingSha2Password.scramble(SECRET, NONCE), 1);
        login.received(Unpooled.wrappedBuffer(Arrays.copyOf(SECRET, 7)), 3);
        decide(false);
        assertThat(log).containsExactly("2 AuthMoreData", "prove", "4 rejected");
        assertThat(error).isEqualTo(DENIED);
        assertThat(cache.find("app")).isSameAs(known);
    }

    @Test
    void aPasswordThatABackendRefusesIsNotKnownAnyMore() {
        cache.proved(Credential.ofPassword("app", new byte[0]));
        login(true).start("app", SHA2, new byte[0], 1);
        decide(false);
        assertThat(cache.find("app")).isNull();
    }

    @Test
    void anUnknownUserAndAWrongPasswordTakeTheSameWay() {
        accounts.put("known", Accounts.of("known", SHA2, "$A$005$x"));
        cache.proved(Credential.ofPassword("known", SECRET));
        byte[] wrong = "wrong\0".getBytes(StandardCharsets.UTF_8);
        for (String user : List.of("known", "unknown")) {
            ClientAuthentication login = login(true);
            login.start(user, SHA2, CachingSha2Password.scramble(Arrays.copyOf(wrong, 5), NONCE), 1);
            login.received(Unpooled.wrappedBuffer(wrong), 3);
            decide(false);
        }
        assertThat(log).hasSize(6);
        assertThat(log.subList(0, 3)).isEqualTo(log.subList(3, 6));
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
        cache.proved(Credential.ofPassword("app", SECRET));
        login.received(Unpooled.wrappedBuffer(CachingSha2Password.scramble(SECRET, nonce)), 3);
        assertThat(log).containsExactly("2 AuthSwitchRequest", "4 AuthMoreData", "5 accepted");
    }

    @Test
    void afterASwitchTheFirstNonceProvesNothing() {
        cache.proved(Credential.ofPassword("app", SECRET));
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
    void aWrongNativePasswordIsRejectedWithoutABackend() throws Exception {
        nativeAccount(SECRET);
        login(false).start("app", NATIVE, NativePassword.scramble(new byte[] {'x'}, NONCE), 1);
        assertThat(log).containsExactly("2 rejected");
        assertThat(error).isNotNull().extracting(ErrPacket::code).isEqualTo(1045);
    }

    @Test
    void aNativeAnswerOfTheWrongLengthIsRejected() throws Exception {
        nativeAccount(SECRET);
        login(false).start("app", NATIVE, new byte[19], 1);
        assertThat(log).containsExactly("2 rejected");
    }

    @Test
    void aPacketWhileABackendDecidesBreaksTheProtocol() {
        ClientAuthentication login = login(false);
        login.start("app", SHA2, new byte[0], 1);
        assertThatThrownBy(() -> login.received(Unpooled.wrappedBuffer(new byte[1]), 3))
                .isInstanceOf(ProtocolException.class);
    }
}
