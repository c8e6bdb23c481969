package dev.sluice.server.auth;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.auth.CachingSha2Password;
import dev.sluice.protocol.auth.NativePassword;
import dev.sluice.protocol.packet.AuthSwitchRequest;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.server.monitor.Account.Demand;
import dev.sluice.server.monitor.Accounts;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is known of an account may be older than the account, and a proof older than a change of it. */
class ChangedAccountTest extends LoginExchange {
    @Test
    void aWrongNativePasswordIsRefusedByTheBackendItself() throws Exception {
        nativeAccount(SECRET);
        login(false).start("app", NATIVE, NativePassword.scramble(new byte[] {'x'}, NONCE), 1);
        assertThat(log).containsExactly("refresh", "prove");
        // What it is asked with is nobody's.
        assertThat(proving.get(0).password()).isNull();
        assertThat(proving.get(0).nativeResponse(NONCE))
                .hasSize(20)
                .isNotEqualTo(NativePassword.scramble(new byte[] {'x'}, NONCE))
                .isNotEqualTo(NativePassword.scramble(SECRET, NONCE));
        decide(false);
        assertThat(log).containsExactly("refresh", "prove", "2 rejected");
        assertThat(error).isEqualTo(DENIED);
    }

    @Test
    void aNativeAnswerOfTheWrongLengthIsRefusedByTheBackendItself() throws Exception {
        nativeAccount(SECRET);
        login(false).start("app", NATIVE, new byte[19], 1);
        assertThat(log).containsExactly("refresh", "prove");
    }

    @Test
    void aNativePasswordThatIsNewerThanWhatIsKnownOfTheAccountIsProved() throws Exception {
        nativeAccount(new byte[] {'o', 'l', 'd'});
        whenRefreshed = () -> nativeAccount(SECRET);
        login(false).start("app", NATIVE, NativePassword.scramble(SECRET, NONCE), 1);
        assertThat(log).containsExactly("refresh", "prove");
        assertThat(proving.get(0).nativeResponse(NONCE)).isEqualTo(NativePassword.scramble(SECRET, NONCE));
    }

    @Test
    void anAccountThatHasAnotherPluginByNowIsAskedForAgain() throws Exception {
        nativeAccount(SECRET);
        whenRefreshed = () -> accounts.put("app", Accounts.of("app", SHA2, "$A$005$x"));
        ClientAuthentication login = login(false);
        login.start("app", NATIVE, NativePassword.scramble(SECRET, NONCE), 1);
        decide(false);
        assertThat(log).containsExactly("prove", "refresh", "2 AuthSwitchRequest");
        assertThat(((AuthSwitchRequest) sent.get(0)).plugin()).isEqualTo(SHA2);
    }

    @Test
    void whatMariaDbStoresWhereNobodyShallGetInIsNoPassword() {
        accounts.put("app", Accounts.of("app", NATIVE, "invalid"));
        login(false).start("app", NATIVE, NativePassword.scramble(SECRET, NONCE), 1);
        assertThat(log).containsExactly("refresh", "prove");
    }

    @Test
    void aClientThatCannotBeAskedForAnotherPluginIsToldSo() {
        login(false).start("app", null, NativePassword.scramble(SECRET, NONCE), 1);
        assertThat(log).containsExactly("2 rejected");
        assertThat(error).isNotNull().extracting(ErrPacket::code).isEqualTo(1251);
    }

    @Test
    void aProofThatIsTooOldIsMadeAgainWithoutAskingTheClient() {
        Credential known = Credential.ofPassword(LoginName.of("app"), SECRET);
        cache.learned(known);
        login(false).start("app", SHA2, CachingSha2Password.scramble(SECRET, NONCE), 1);
        assertThat(log).containsExactly("prove");
        assertThat(proving.get(0)).isSameAs(known);
        decide(true);
        assertThat(log).containsExactly("prove", "2 AuthMoreData", "3 accepted");
        assertThat(moreData(0)).containsExactly(CachingSha2Password.FAST_AUTH_SUCCESS);
        assertThat(cache.find(LoginName.of("app"))).isSameAs(known);
    }

    @Test
    void aPasswordThatTheBackendDeniesByNowIsForgotten() {
        cache.learned(Credential.ofPassword(LoginName.of("app"), SECRET));
        login(false).start("app", SHA2, CachingSha2Password.scramble(SECRET, NONCE), 1);
        decide(false);
        assertThat(log).containsExactly("prove", "refresh", "2 rejected");
        assertThat(cache.latest(LoginName.of("app"))).isNull();
    }

    @Test
    void aProofFromBeforeAChangeOfAccountsIsNotTrustedBehindIt() {
        login(false).start("app", SHA2, new byte[0], 1);
        cache.accountsChanged();
        decide(true);
        assertThat(log).last().isEqualTo("2 accepted");
        assertThat(cache.find(LoginName.of("app"))).isNull();
    }

    @Test
    void anAccountThatWasNeverSeenIsProvedAtEachLogin() {
        accountsKnown = true;
        login(true).start("app", SHA2, new byte[0], 1);
        decide(true);
        assertThat(cache.find(LoginName.of("app"))).isNull();
        assertThat(cache.latest(LoginName.of("app"))).isNotNull();
    }

    @Test
    void aBlockedAccountIsProvedAtTheNextLogin() {
        cache.proved(Credential.ofPassword(LoginName.of("app"), SECRET), cache.changes());
        ClientAuthentication login = login(true);
        login.start("app", SHA2, CachingSha2Password.scramble(new byte[] {'x'}, NONCE), 1);
        login.received(Unpooled.wrappedBuffer(new byte[] {'x', 0}), 3);
        requireNonNull(verdict).refused(new ErrPacket(3955, "HY000", "blocked"));
        assertThat(cache.find(LoginName.of("app"))).isNull();
    }

    @Test
    void anAccountThatDemandsTlsDemandsItOfTheClient() {
        accounts.put("app", Accounts.demanding(Demand.TLS, "app", SHA2));
        cache.proved(Credential.ofPassword(LoginName.of("app"), SECRET), cache.changes());
        login(true).start("app", SHA2, CachingSha2Password.scramble(SECRET, NONCE), 1);
        assertThat(log).containsExactly("2 AuthMoreData", "3 accepted");
        log.clear();
        login(false).start("app", SHA2, CachingSha2Password.scramble(SECRET, NONCE), 1);
        assertThat(log).containsExactly("2 AuthMoreData", "refresh", "3 rejected");
        assertThat(error)
                .isEqualTo(
                        new ErrPacket(1045, "28000", "Access denied for user 'app'@'10.0.0.9' (using password: YES)"));
    }

    @Test
    void anAccountThatIsTooNewToBeKnownMayDemandTls() {
        accountsKnown = true;
        whenRefreshed = () -> accounts.put("app", Accounts.demanding(Demand.TLS, "app", SHA2));
        login(false).start("app", SHA2, new byte[0], 1);
        decide(true);
        assertThat(log).containsExactly("prove", "refresh", "2 rejected");
    }

    @ParameterizedTest
    @CsvSource({
        "NOTHING, false, false, true",
        "TLS, false, false, false",
        "TLS, true, false, true",
        "CERTIFICATE, true, false, false",
        "CERTIFICATE, true, true, true",
        "SPECIFIED, true, true, false"
    })
    void whatAnAccountDemandsIsDemandedOfTheClient(Demand demand, boolean encrypted, boolean certified, boolean letIn) {
        accounts.put("app", Accounts.demanding(demand, "app", SHA2));
        login(encrypted, certified).start("app", SHA2, new byte[0], 1);
        decide(true);
        assertThat(log).last().isEqualTo(letIn ? "2 accepted" : "2 rejected");
        if (!letIn) {
            assertThat(error).isNotNull().extracting(ErrPacket::code).isEqualTo(1045);
        }
    }
}
