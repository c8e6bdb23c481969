package dev.sluice.server.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.auth.CachingSha2Password;
import dev.sluice.protocol.auth.NativePassword;
import dev.sluice.protocol.packet.AuthSwitchRequest;
import dev.sluice.server.monitor.Account.Demand;
import dev.sluice.server.monitor.AccountChoice;
import dev.sluice.server.monitor.Accounts;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Servers are told where clients come from: the same user name may be another account. */
class ClientHostTest extends LoginExchange {
    private static final InetAddress HERE = NetUtil.createInetAddressFromIpAddressString("10.0.0.9");
    private static final InetAddress THERE = NetUtil.createInetAddressFromIpAddressString("10.0.0.8");
    private static final byte[] OTHER_SECRET = "other".getBytes(StandardCharsets.UTF_8);

    @BeforeEach
    void tell() {
        clientHosts = true;
    }

    private void proved(LoginName name) {
        cache.proved(Credential.ofPassword(name, SECRET), cache.changes());
    }

    private void begins() {
        login(false).start("app", SHA2, CachingSha2Password.scramble(SECRET, NONCE), 1);
    }

    @Test
    void aProofCountsForTheHostThatItWasMadeFromAndForNoOther() {
        proved(new LoginName("app", HERE));
        begins();
        assertThat(log).containsExactly("2 AuthMoreData", "3 accepted");
        log.clear();
        clientAddress = THERE;
        begins();
        assertThat(log).containsExactly("2 AuthMoreData");
        assertThat(moreData(1)).containsExactly(CachingSha2Password.PERFORM_FULL_AUTHENTICATION);
    }

    @Test
    void whatWasKnownLongAgoOfAnotherHostIsNotTriedEither() {
        cache.learned(Credential.ofPassword(new LoginName("app", THERE), SECRET));
        cache.learned(Credential.ofPassword(LoginName.of("app"), SECRET));
        begins();
        assertThat(proving).isEmpty();
    }

    @Test
    void whereServersAreNotToldAllHostsAreOne() {
        clientHosts = false;
        proved(LoginName.of("app"));
        begins();
        clientAddress = THERE;
        begins();
        assertThat(log).containsExactly("2 AuthMoreData", "3 accepted", "2 AuthMoreData", "3 accepted");
    }

    @Test
    void aChangeOfAUserEndsTheProofsOfAllHosts() {
        proved(new LoginName("app", HERE));
        proved(new LoginName("app", THERE));
        proved(new LoginName("other", HERE));
        cache.accountChanged("app");
        assertThat(cache.find(new LoginName("app", HERE))).isNull();
        assertThat(cache.find(new LoginName("app", THERE))).isNull();
        assertThat(cache.find(new LoginName("other", HERE))).isNotNull();
    }

    @Test
    void whatIsDemandedIsWhatTheAccountOfTheHostDemands() {
        accountsAtHosts.put(new LoginName("app", HERE), AccountChoice.of(Accounts.demanding(Demand.TLS, "app", SHA2)));
        accountsAtHosts.put(
                new LoginName("app", THERE), AccountChoice.of(Accounts.demanding(Demand.NOTHING, "app", SHA2)));
        login(false).start("app", SHA2, new byte[0], 1);
        decide(true);
        assertThat(log).last().isEqualTo("2 rejected");
        clientAddress = THERE;
        login(false).start("app", SHA2, new byte[0], 1);
        decide(true);
        assertThat(log).last().isEqualTo("2 accepted");
    }

    @Test
    void theServerIsAskedWithThePasswordOfWhicheverAccountItMayBe() {
        accountsAtHosts.put(
                new LoginName("app", HERE),
                AccountChoice.of(
                        Accounts.of("app", NATIVE, NativePassword.authenticationString(OTHER_SECRET)),
                        Accounts.of("app", NATIVE, NativePassword.authenticationString(SECRET))));
        login(false).start("app", NATIVE, NativePassword.scramble(SECRET, NONCE), 1);
        assertThat(log).containsExactly("prove");
        assertThat(proving.get(0).proves(SECRET)).isTrue();
        assertThat(proving.get(0).name()).isEqualTo(new LoginName("app", HERE));
    }

    @Test
    void aClientIsAskedForWhatAnyOfItsAccountsCanUse() {
        accountsAtHosts.put(
                new LoginName("app", HERE),
                AccountChoice.of(Accounts.of("app", NATIVE, ""), Accounts.of("app", SHA2, "")));
        login(false).start("app", NATIVE, NativePassword.scramble(SECRET, NONCE), 1);
        assertThat(sent.get(0))
                .isInstanceOfSatisfying(
                        AuthSwitchRequest.class,
                        asked -> assertThat(asked.plugin()).isEqualTo(SHA2));
    }
}
