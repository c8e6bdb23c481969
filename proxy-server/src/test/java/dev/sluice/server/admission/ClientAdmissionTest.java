package dev.sluice.server.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.server.config.AccessConfig;
import dev.sluice.server.config.AccessList;
import dev.sluice.server.config.LimitsConfig;
import dev.sluice.server.config.LimitsConfig.PerClient;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClientAdmissionTest {
    private static final String ONE = "10.0.0.1";
    private static final String OTHER = "10.0.0.2";

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1000);
    private final AtomicInteger open = new AtomicInteger();
    private final Refusals refusals = new Refusals(now::get);
    private int max = 1000;

    private ClientAdmission admission(AccessConfig access, PerClient perClient) {
        return new ClientAdmission(access, limits(perClient), new Total(), refusals, now::get);
    }

    private ClientAdmission admission(PerClient perClient) {
        return admission(AccessConfig.defaults(), perClient);
    }

    private static LimitsConfig limits(PerClient perClient) {
        return new LimitsConfig(
                10,
                perClient,
                Duration.ofSeconds(10),
                Duration.ofHours(1),
                Duration.ofMinutes(1),
                1 << 16,
                1 << 16,
                1 << 20,
                100,
                1 << 20);
    }

    private final class Total implements ClientAdmission.Total {
        @Override
        public boolean tryEnter() {
            return open.get() < max && open.incrementAndGet() > 0;
        }

        @Override
        public void leave() {
            open.decrementAndGet();
        }
    }

    private static PerClient perClient(int users, int addresses, int attempts, int burst) {
        return new PerClient(users, addresses, attempts, burst, AccessList.parse("none"));
    }

    private static Ticket ticket(ClientAdmission admission, String address) throws UnknownHostException {
        return admission.ticket(InetAddress.getByName(address), address + ":1");
    }

    private static int code(@Nullable ErrPacket error) {
        return error == null ? 0 : error.code();
    }

    private static ErrPacket refusal(@Nullable ErrPacket error) {
        return Objects.requireNonNull(error, "nobody was refused");
    }

    private static int enter(ClientAdmission admission, String address) throws UnknownHostException {
        return code(ticket(admission, address).enter());
    }

    @Test
    void anAddressHasAsManyConnectionsAsItMayAndNotOneMore() throws Exception {
        ClientAdmission admission = admission(perClient(0, 2, 0, 1));
        Ticket first = ticket(admission, ONE);
        assertThat(first.enter()).isNull();
        assertThat(enter(admission, ONE)).isZero();
        ErrPacket error = refusal(ticket(admission, ONE).enter());
        assertThat(code(error)).isEqualTo(1226);
        assertThat(error.sqlState()).isEqualTo("42000");
        assertThat(error.message())
                .isEqualTo("User 'unauthenticated user' has exceeded the 'limits.max-connections-per-address' resource"
                        + " (current value: 2)");
        assertThat(enter(admission, OTHER)).isZero();
        assertThat(refusals.count(Limit.MAX_CONNECTIONS_PER_ADDRESS)).isEqualTo(1);

        first.leave();
        first.leave();
        assertThat(enter(admission, ONE)).isZero();
        assertThat(enter(admission, ONE)).isEqualTo(1226);
        assertThat(open).hasValue(3);
    }

    @Test
    void whoIsOneTooManyOfAllLeavesNothingBehind() throws Exception {
        max = 1;
        ClientAdmission admission = admission(perClient(0, 5, 1, 5));
        Ticket first = ticket(admission, ONE);
        assertThat(first.enter()).isNull();
        // More than may begin a login at once: it is the other limit that they are told of.
        for (int i = 0; i < 10; i++) {
            Ticket refused = ticket(admission, ONE);
            assertThat(code(refused.enter())).isEqualTo(1040);
            refused.leave();
        }
        assertThat(open).hasValue(1);
        first.leave();
        assertThat(open).hasValue(0);
        assertThat(admission.known()).isZero();
    }

    @Test
    void aUserHasAsManyConnectionsAsHeMayAndNotOneMore() throws Exception {
        ClientAdmission admission = admission(perClient(2, 0, 0, 1));
        Ticket first = ticket(admission, ONE);
        assertThat(first.loggedIn("app")).isNull();
        assertThat(first.loggedIn("app")).isNull();
        assertThat(ticket(admission, OTHER).loggedIn("app")).isNull();
        ErrPacket error = refusal(ticket(admission, OTHER).loggedIn("app"));
        assertThat(code(error)).isEqualTo(1203);
        assertThat(error.message())
                .isEqualTo("User app already has more than 'max_user_connections' active connections");
        assertThat(ticket(admission, ONE).loggedIn("App")).isNull();

        // Who becomes another user leaves a place, and takes one.
        assertThat(first.loggedIn("other")).isNull();
        Ticket next = ticket(admission, ONE);
        assertThat(next.loggedIn("app")).isNull();
        assertThat(code(first.loggedIn("app"))).isEqualTo(1203);
        next.leave();
        assertThat(first.loggedIn("app")).isNull();
    }

    @Test
    void anAddressBeginsAsManyLoginsAtOnceAsItMayAndThenSoManyInASecond() throws Exception {
        ClientAdmission admission = admission(perClient(0, 0, 10, 3));
        for (int i = 0; i < 3; i++) {
            assertThat(enter(admission, ONE)).isZero();
        }
        ErrPacket error = refusal(ticket(admission, ONE).enter());
        assertThat(code(error)).isEqualTo(1226);
        assertThat(error.message())
                .isEqualTo("User 'unauthenticated user' has exceeded the 'limits.login-attempts-per-second' resource"
                        + " (current value: 10)");
        assertThat(enter(admission, OTHER)).isZero();
        now.addAndGet(TimeUnit.MILLISECONDS.toNanos(100) - 1);
        assertThat(enter(admission, ONE)).isEqualTo(1226);
        now.addAndGet(1);
        assertThat(enter(admission, ONE)).isZero();
        assertThat(enter(admission, ONE)).isEqualTo(1226);
        now.addAndGet(TimeUnit.HOURS.toNanos(1));
        for (int i = 0; i < 3; i++) {
            assertThat(enter(admission, ONE)).isZero();
        }
        assertThat(enter(admission, ONE)).isEqualTo(1226);
    }

    @Test
    void whatAnAddressHasTriedIsNotForgottenBeforeItIsMadeUpFor() throws Exception {
        max = 5000;
        ClientAdmission admission = admission(perClient(0, 0, 1, 1000));
        for (int i = 0; i < 1000; i++) {
            assertThat(enter(admission, ONE)).isZero();
        }
        assertThat(enter(admission, ONE)).isEqualTo(1226);
        now.addAndGet(TimeUnit.MINUTES.toNanos(6));
        for (int i = 0; i < 360; i++) {
            assertThat(enter(admission, ONE)).isZero();
        }
        assertThat(enter(admission, ONE)).isEqualTo(1226);
    }

    @Test
    void loginsThatSucceedDoNotCountNorDoChangesOfTheUser() throws Exception {
        ClientAdmission admission = admission(perClient(0, 0, 1, 2));
        List<Ticket> pool = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            Ticket ticket = ticket(admission, ONE);
            assertThat(ticket.enter()).isNull();
            assertThat(ticket.loggedIn("app")).isNull();
            pool.add(ticket);
        }
        for (int i = 0; i < 10; i++) {
            assertThat(pool.get(0).tryAgain()).isNull();
            assertThat(pool.get(0).loggedIn("user" + i)).isNull();
        }
        // Those that fail do.
        assertThat(pool.get(0).tryAgain()).isNull();
        assertThat(pool.get(1).tryAgain()).isNull();
        assertThat(code(pool.get(2).tryAgain())).isEqualTo(1226);
        assertThat(refusal(pool.get(2).tryAgain()).message()).startsWith("User 'app' has exceeded");
    }

    @Test
    void nothingIsTakenForAConnectionThatHasEnded() throws Exception {
        ClientAdmission admission = admission(perClient(1, 1, 0, 1));
        Ticket first = ticket(admission, ONE);
        assertThat(first.enter()).isNull();
        first.leave();
        // A server has let the client in meanwhile.
        assertThat(first.loggedIn("app")).isNull();
        assertThat(code(first.enter())).isEqualTo(1040);
        assertThat(admission.known()).isZero();
        assertThat(open).hasValue(0);

        CountedTicket counted = new CountedTicket(open, 1);
        assertThat(counted.enter()).isNull();
        assertThat(code(new CountedTicket(open, 1).enter())).isEqualTo(1040);
        counted.leave();
        counted.leave();
        assertThat(code(counted.enter())).isEqualTo(1040);
        assertThat(open).hasValue(0);
    }

    @ParameterizedTest
    @CsvSource({
        "2001:db8::1, 2001:db8::ffff:0:0:2, 1226",
        "2001:db8::1, 2001:db8:0:1::1, 0",
        "10.0.0.1, 10.0.0.1, 1226",
        "10.0.0.1, 10.0.1.1, 0",
        // A shared address has as many as it likes.
        "192.168.3.4, 192.168.3.4, 0",
    })
    void whatCountsAsOneAddress(String first, String second, int expected) throws Exception {
        ClientAdmission admission = admission(new PerClient(0, 1, 0, 1, AccessList.parse("192.168.3.0/24")));
        assertThat(enter(admission, first)).isZero();
        assertThat(enter(admission, second)).isEqualTo(expected);
    }

    @Test
    void theListsDecideFirstByAddressAndThenByUser() throws Exception {
        AccessConfig access = new AccessConfig(
                AccessList.parse("10.0.0.0/8, report@192.168.0.0/16"),
                AccessList.parse("root@*, 10.66.0.0/16"),
                AccessList.parse("none"));
        ClientAdmission admission = admission(access, PerClient.defaults());

        ErrPacket error = refusal(ticket(admission, "172.16.0.1").enter());
        assertThat(code(error)).isEqualTo(1130);
        assertThat(error.message()).isEqualTo("Host '172.16.0.1' is not allowed to connect to this MySQL server");
        assertThat(enter(admission, "10.66.1.1")).isEqualTo(1130);
        assertThat(enter(admission, "10.1.1.1")).isZero();
        assertThat(ticket(admission, "10.1.1.1").mayLogIn("app", true)).isNull();
        ErrPacket denied = refusal(ticket(admission, "10.1.1.1").mayLogIn("root", true));
        assertThat(code(denied)).isEqualTo(1045);
        assertThat(denied.message()).isEqualTo("Access denied for user 'root'@'10.1.1.1' (using password: YES)");
        assertThat(enter(admission, "192.168.7.7")).isZero();
        assertThat(ticket(admission, "192.168.7.7").mayLogIn("report", true)).isNull();
        assertThat(refusal(ticket(admission, "192.168.7.7").mayLogIn("app", false))
                        .message())
                .endsWith("(using password: NO)");
        assertThat(refusals.count(Limit.ACCESS)).isEqualTo(4);
        assertThat(open).hasValue(2);
    }

    @Test
    void otherRulesHoldFromNowOn() throws Exception {
        ClientAdmission admission = admission(perClient(0, 1, 0, 1));
        Ticket first = ticket(admission, ONE);
        assertThat(first.enter()).isNull();
        assertThat(enter(admission, ONE)).isEqualTo(1226);
        admission.rules(AccessConfig.defaults(), limits(perClient(0, 2, 0, 1)));
        assertThat(enter(admission, ONE)).isZero();
        admission.rules(AccessConfig.defaults(), limits(new PerClient(0, 2, 0, 1, AccessList.parse(ONE))));
        assertThat(enter(admission, ONE)).isZero();
        first.leave();
        assertThat(open).hasValue(2);
    }
}
