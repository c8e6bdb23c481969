package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.sluice.server.config.HostPort;
import dev.sluice.server.config.TlsMode;
import dev.sluice.server.localcluster.Accounts;
import java.io.IOException;
import java.net.InetAddress;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Logins that fail tell nothing, hold up nobody, and do not make the server block Sluice. */
@Timeout(120)
class FailedLoginIT {
    /** Pairs of logins whose times are compared, in each round. */
    private static final int PAIRS = Integer.getInteger("sluice.timing.pairs", 25);
    /** A busy machine may spoil a round. */
    private static final int ROUNDS = 3;

    private static final double NOISE = 1.25;
    private static final double HELD_UP = 2;
    private static final int BLOCKED_AFTER = 3;

    private static TestProxy proxy;
    private static SourceAddressRelay relay;
    private static TestProxy fromOutside;

    @BeforeAll
    static void start() throws Exception {
        LoginLab.server()
                .execute(
                        "CREATE USER timed IDENTIFIED BY 'pw'",
                        "CREATE USER untimed IDENTIFIED BY 'pw'",
                        "CREATE USER oldtimed IDENTIFIED WITH sha256_password BY 'pw'",
                        "CREATE USER hashed IDENTIFIED WITH mysql_native_password BY 'pw'");
        proxy = TestProxy.options()
                .tls(LoginLab.certificates().ofProxy(TlsMode.OFF))
                .proofAge(Duration.ofMinutes(5))
                .start(LoginLab.cluster());
        relay = new SourceAddressRelay(LoginLab.NOT_LOOPBACK, LoginLab.server().port());
        fromOutside = TestProxy.options()
                .primaryAt(new HostPort("127.0.0.1", relay.port()))
                .proofAge(Duration.ZERO)
                .start(LoginLab.cluster());
    }

    @AfterAll
    static void stop() throws IOException {
        proxy.close();
        fromOutside.close();
        relay.close();
        LoginLab.server().execute("DROP USER timed, untimed, oldtimed, hashed");
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
        fromOutside.awaitQuiet();
    }

    private static LoginOutcome login(TestProxy at, String user, String password) {
        return new LoginCell(user, password, "", LoginTls.OFF).at(at.port(), LoginLab.certificates());
    }

    private static long nanos(String user) {
        long from = System.nanoTime();
        LoginOutcome outcome = login(proxy, user, "wrong");
        long taken = System.nanoTime() - from;
        assertThat(outcome.code()).as(user).isEqualTo(1045);
        return taken;
    }

    private static double median(List<Long> values) {
        long[] sorted = values.stream().mapToLong(Long::longValue).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    /** By turns, so that whatever else goes on hits both; each name is asked for as often as the other. */
    private static double ratio(String known, String unknown) {
        List<Long> ofKnown = new ArrayList<>();
        List<Long> ofUnknown = new ArrayList<>();
        for (int i = 0; i < PAIRS; i++) {
            if (i % 2 == 0) {
                ofKnown.add(nanos(known));
                ofUnknown.add(nanos(unknown));
            } else {
                ofUnknown.add(nanos(unknown));
                ofKnown.add(nanos(known));
            }
        }
        return median(ofKnown) / median(ofUnknown);
    }

    /** Known to Sluice by a login; known to the server only; with the plugin that has no cache at all. */
    @ParameterizedTest
    @CsvSource({"timed, true", "untimed, false", "oldtimed, true"})
    void theTimeOfARefusalDoesNotTellWhetherThereIsSuchAnAccount(String user, boolean known) {
        if (known) {
            assertThat(login(proxy, user, "pw").letIn()).isTrue();
        }
        double[] ratios = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            ratios[round] = ratio(user, "nobody");
            if (ratios[round] > 1 / NOISE && ratios[round] < NOISE) {
                return;
            }
        }
        assertThat(ratios)
                .as("median time of a known name by that of an unknown one")
                .isEmpty();
    }

    /**
     * Half of the attackers hang up in the middle, at every step; the users' logins and statements go on, and take no longer
     * than among as many clients who know their passwords.
     */
    @Test
    void aFloodOfWrongPasswordsHoldsUpNobody() throws Exception {
        double[] ratios = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            double among = medianOfUsersAmong(
                    user -> assertThat(login(proxy, "timed", "pw").letIn()).isTrue());
            double during = medianOfUsersAmong(user -> {
                assertThat(login(proxy, user, "wrong").code()).isEqualTo(1045);
                for (int step = 0; step < 3; step++) {
                    hangUp(proxy, user, step);
                }
            });
            ratios[round] = during / among;
            if (ratios[round] < HELD_UP) {
                return;
            }
        }
        assertThat(ratios).as("a user's time in the flood by that among others").isEmpty();
    }

    /** What a client does again and again. */
    @FunctionalInterface
    private interface Doing {
        void once(String user) throws IOException;
    }

    private static double medianOfUsersAmong(Doing others) throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        List<Future<Integer>> running = new ArrayList<>();
        double median;
        try {
            for (String user : List.of("timed", "hashed", "nobody", "untimed")) {
                running.add(threads.submit(() -> {
                    int times = 0;
                    for (; !over.get(); times++) {
                        others.once(user);
                    }
                    return times;
                }));
            }
            median = medianOfUsers();
        } finally {
            over.set(true);
            threads.shutdown();
            assertThat(threads.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
        }
        for (Future<Integer> one : running) {
            assertThat(one.get()).isPositive();
        }
        return median;
    }

    /** Behind the greeting, behind the answer to it, or behind the answer to the next question. */
    private static void hangUp(TestProxy at, String user, int step) throws IOException {
        try (RawClient client = RawClient.open(at.port())) {
            if (step == 0) {
                assertThat(client.read()).isNotEmpty();
            } else {
                client.beginLogin(user, "wrong", step == 2);
            }
        }
    }

    /** A login and a statement of users who are known, in nanoseconds. */
    private static double medianOfUsers() throws Exception {
        List<Long> taken = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            long from = System.nanoTime();
            String user = i % 2 == 0 ? "timed" : "hashed";
            try (Connection connection = TestProxy.open(proxy.port(), user, "pw", "")) {
                assertThat(Sql.value(connection, "SELECT 1")).isEqualTo("1");
            }
            taken.add(System.nanoTime() - from);
        }
        return median(taken);
    }

    /**
     * A server blocks a host from which logins break off, {@code max_connect_errors} of them in a row. All clients come from
     * Sluice's host.
     */
    @Test
    void theServerDoesNotBlockTheHostOfTheProxy() throws Exception {
        long from = System.nanoTime();
        String name = InetAddress.getByName(LoginLab.NOT_LOOPBACK).getCanonicalHostName();
        if (System.nanoTime() - from > TimeUnit.SECONDS.toNanos(2)) {
            System.getLogger("FailedLoginIT")
                    .log(System.Logger.Level.WARNING, "NOT RUN: names are resolved too slowly");
            abort("it takes seconds to find out that " + LoginLab.NOT_LOOPBACK + " is " + name);
        }
        LoginLab.server()
                .execute("SET GLOBAL max_connect_errors = " + BLOCKED_AFTER, "TRUNCATE performance_schema.host_cache");
        assertThat(hostErrors()).isZero();
        try {
            for (int i = 0; i < 4 * BLOCKED_AFTER; i++) {
                for (String user : List.of("timed", "hashed", "nobody", "oldtimed")) {
                    assertThat(login(fromOutside, user, "wrong").code()).isEqualTo(1045);
                    hangUp(fromOutside, user, i % 3);
                }
            }
            fromOutside.awaitQuiet();
            await().atMost(TestProxy.SOON).until(() -> loginsAtTheServer() == 0);
            assertThat(hostErrors()).isZero();
            assertThat(login(fromOutside, "timed", "pw").letIn()).isTrue();
            assertThat(Arrays.asList(login(fromOutside, "hashed", "pw").said().split(" ", -1)))
                    .contains("hashed@" + LoginLab.NOT_LOOPBACK);
        } finally {
            LoginLab.server().execute("SET GLOBAL max_connect_errors = 100");
        }
    }

    /** Connections on which nobody has logged in yet. */
    private static int loginsAtTheServer() {
        return Integer.parseInt(LoginLab.server()
                .queryValue("SELECT COUNT(*) FROM information_schema.processlist WHERE USER = 'unauthenticated user'"));
    }

    /** What the server counts against the host of the proxy. */
    private static int hostErrors() {
        return Integer.parseInt(LoginLab.server()
                .queryValue("SELECT COALESCE(SUM(SUM_CONNECT_ERRORS + COUNT_HANDSHAKE_ERRORS), 0)"
                        + " FROM performance_schema.host_cache WHERE IP = '" + LoginLab.NOT_LOOPBACK + "'"));
    }

    /** The same without Sluice, so that the test before can fail. */
    @Test
    void theServerWouldBlockAHostFromWhichLoginsBreakOff() throws Exception {
        LoginLab.server()
                .execute("SET GLOBAL max_connect_errors = " + BLOCKED_AFTER, "TRUNCATE performance_schema.host_cache");
        try {
            for (int i = 0; i < 2 * BLOCKED_AFTER; i++) {
                try (RawClient client = RawClient.open(relay.port())) {
                    byte[] unused = client.read();
                }
            }
            await().atMost(TestProxy.SOON).until(() -> hostErrors() >= BLOCKED_AFTER);
        } finally {
            LoginLab.server().execute("SET GLOBAL max_connect_errors = 100", "TRUNCATE performance_schema.host_cache");
        }
        assertThat(login(fromOutside, Accounts.APP_USER, Accounts.APP_PASSWORD).letIn())
                .isTrue();
    }
}
