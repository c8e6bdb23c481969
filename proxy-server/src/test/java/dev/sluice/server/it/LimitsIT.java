package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.ProtocolException;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.server.admin.Administration.Caller;
import dev.sluice.server.admin.Operation;
import dev.sluice.server.config.AccessConfig;
import dev.sluice.server.config.AccessList;
import dev.sluice.server.config.LimitsConfig.PerClient;
import dev.sluice.server.localcluster.Accounts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who may connect, how many, and how fast: each limit at its bound and one past it. Loopback has many addresses. */
@Timeout(60)
class LimitsIT {
    private static final int PER_USER = 5;
    private static final int PER_ADDRESS = 4;
    private static final int BURST = 3;
    private static final Caller DBA = new Caller("dba", null);

    private static Path file;
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        Path directory = Files.createTempDirectory(Servers.mysql().directory(), "limits-");
        file = directory.resolve("sluice.yaml");
        proxy = TestProxy.options()
                .file(file)
                .perClient(new PerClient(PER_USER, PER_ADDRESS, 1, BURST, AccessList.parse("127.0.0.1, 127.0.9.0/24")))
                .access(new AccessConfig(
                        AccessList.parse("127.0.0.0/8"),
                        AccessList.parse("root@*, 127.0.66.0/24"),
                        AccessList.parse("none")))
                .start(Servers.mysql());
    }

    @AfterAll
    static void stop() {
        proxy.close();
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    private static RawClient from(String address) throws IOException {
        return RawClient.openFrom(address, proxy.port());
    }

    private static RawClient loggedIn(String address) throws IOException {
        RawClient client = from(address);
        assertThat(RawClient.first(client.tryLogin())).as(address).isZero();
        return client;
    }

    /** What a client from an address is told instead of a greeting. */
    private static ErrPacket refused(String address) throws IOException {
        try (RawClient client = from(address)) {
            byte[] packet = client.read();
            assertThat(RawClient.first(packet)).as(address).isEqualTo(RawClient.ERR);
            assertThat(client.isClosedByServer()).isTrue();
            return client.err(packet);
        }
    }

    /** What a client is told that logs in, and is not let in. */
    private static ErrPacket denied(String address, String user, String password) throws IOException {
        try (RawClient client = from(address)) {
            byte[] packet = client.tryLogin(user, password);
            assertThat(RawClient.first(packet)).as(user + "@" + address).isEqualTo(RawClient.ERR);
            ErrPacket error = client.err(packet);
            assertThat(client.isClosedByServer()).isTrue();
            return error;
        }
    }

    private static double count(String limit) {
        String metrics = new String(proxy.server().metrics().scrape(null).body(), StandardCharsets.UTF_8);
        String row = "sluice_refusals_total{limit=\"" + limit + "\"} ";
        return Double.parseDouble(metrics.lines()
                .filter(line -> line.startsWith(row))
                .findFirst()
                .orElseThrow()
                .substring(row.length()));
    }

    private static void closeAll(List<RawClient> clients) throws IOException {
        for (RawClient client : clients) {
            client.close();
        }
    }

    @Test
    void anAddressHasSoManyConnectionsAndOthersAreNotConcerned() throws IOException {
        List<RawClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < PER_ADDRESS; i++) {
                clients.add(loggedIn("127.0.0.2"));
            }
            double before = count("max_connections_per_address");
            ErrPacket error = refused("127.0.0.2");
            assertThat(error.code()).isEqualTo(1226);
            assertThat(error.message())
                    .contains("'limits.max-connections-per-address' resource (current value: " + PER_ADDRESS + ")");
            assertThat(count("max_connections_per_address")).isEqualTo(before + 1);
            clients.add(loggedIn("127.0.0.3"));

            clients.remove(0).close();
            await().atMost(TestProxy.SOON).until(() -> proxy.server().sessions().connections() == PER_ADDRESS);
            clients.add(loggedIn("127.0.0.2"));
            assertThat(refused("127.0.0.2").code()).isEqualTo(1226);
            for (RawClient client : clients) {
                assertThat(client.value("SELECT 1")).isEqualTo("1");
            }
        } finally {
            closeAll(clients);
        }
    }

    @Test
    void aUserHasSoManyConnectionsAndLosesOneByBecomingAnother() throws IOException {
        List<RawClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < PER_USER; i++) {
                clients.add(loggedIn("127.0.9." + (i + 1)));
            }
            ErrPacket error = denied("127.0.9.9", Accounts.NATIVE_USER, Accounts.NATIVE_PASSWORD);
            assertThat(error.code()).isEqualTo(1203);
            assertThat(error.sqlState()).isEqualTo("42000");
            assertThat(error.message())
                    .isEqualTo("User native already has more than 'max_user_connections' active connections");
            // A wrong password is what it is, however many there are.
            assertThat(denied("127.0.9.9", Accounts.NATIVE_USER, "wrong").code())
                    .isEqualTo(1045);
            // The same user again takes no second place.
            RawClient first = clients.get(0);
            assertThat(first.ok(become(first, Accounts.NATIVE_USER, Accounts.NATIVE_PASSWORD)))
                    .isNotNull();
            closeAll(clients.subList(1, 2));
            await().atMost(TestProxy.SOON).until(() -> proxy.server().sessions().connections() == PER_USER - 1);
            clients.add(loggedIn("127.0.9.9"));
        } finally {
            closeAll(clients);
        }
    }

    private static byte[] become(RawClient client, String user, String password) throws IOException {
        return UserChangeRequest.ask(client, user, password, Accounts.DATABASE);
    }

    /** Somebody who tries until he is refused: as often as the burst and the time since then allow, and no more. */
    private static void untilRefused(String address, Attempt attempt) throws Exception {
        long start = System.nanoTime();
        int attempts = 0;
        while (attempt.isAllowed()) {
            attempts++;
            long seconds = 1 + TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
            assertThat((long) attempts).as(address).isLessThanOrEqualTo(BURST + seconds);
        }
        assertThat(attempts).as(address).isGreaterThanOrEqualTo(BURST);
    }

    /** One attempt to get in. */
    @FunctionalInterface
    private interface Attempt {
        boolean isAllowed() throws IOException;
    }

    /** Whether an address is greeted; if not, it must be told why. */
    private static boolean isGreeted(RawClient client) throws IOException {
        byte[] packet = client.read();
        if (RawClient.first(packet) != RawClient.ERR) {
            return true;
        }
        ErrPacket error = client.err(packet);
        assertThat(error.code()).isEqualTo(1226);
        assertThat(error.message()).contains("'limits.login-attempts-per-second' resource (current value: 1)");
        return false;
    }

    @Test
    void whoGuessesPasswordsIsSentAwayAtOnceAndOnlyHe() throws Exception {
        double before = count("login_attempts");
        untilRefused("127.0.0.5", () -> {
            try (RawClient client = from("127.0.0.5")) {
                byte[] answer = client.tryLogin(Accounts.NATIVE_USER, "wrong");
                int code = client.err(answer).code();
                assertThat(code).isIn(1045, 1226);
                return code == 1045;
            } catch (ProtocolException e) {
                // No greeting came, but the refusal.
                return false;
            }
        });
        assertThat(count("login_attempts")).isGreaterThan(before);
        loggedIn("127.0.0.6").close();
        // A second later there is one more.
        await().atMost(TestProxy.SOON).pollInterval(Duration.ofMillis(50)).until(() -> {
            try (RawClient client = from("127.0.0.5")) {
                return isGreeted(client);
            }
        });
    }

    @Test
    void whoHangsInTheLoginIsCountedAndWhoGetsInIsNot() throws Exception {
        for (int i = 0; i < 3 * BURST; i++) {
            loggedIn("127.0.0.7").close();
        }
        List<RawClient> hanging = new ArrayList<>();
        try {
            untilRefused("127.0.0.7", () -> {
                RawClient client = from("127.0.0.7");
                hanging.add(client);
                return isGreeted(client);
            });
        } finally {
            closeAll(hanging);
        }
    }

    @Test
    void aSessionThatGuessesByChangingItsUserIsCountedToo() throws Exception {
        untilRefused("127.0.0.8", () -> {
            try (RawClient client = from("127.0.0.8")) {
                if (RawClient.first(client.tryLogin()) != RawClient.OK) {
                    return false;
                }
                assertThat(client.err(become(client, Accounts.NATIVE_USER, "wrong"))
                                .code())
                        .isEqualTo(1045);
                assertThat(client.isClosedByServer()).isTrue();
                return true;
            } catch (ProtocolException e) {
                // No greeting came, but the refusal.
                return false;
            }
        });
    }

    @Test
    void theListsOfNetworksAndUsersAreAskedBeforeAnyServer() throws IOException {
        double before = count("access");
        ErrPacket host = refused("127.0.66.1");
        assertThat(host.code()).isEqualTo(1130);
        assertThat(host.message()).isEqualTo("Host '127.0.66.1' is not allowed to connect to this MySQL server");
        loggedIn("127.0.67.1").close();
        // With this password a server would let root in.
        ErrPacket user = denied("127.0.9.1", "root", "");
        assertThat(user.code()).isEqualTo(1045);
        assertThat(user.sqlState()).isEqualTo("28000");
        assertThat(user.message()).startsWith("Access denied for user 'root'@'127.0.9.1' (using password: ");
        try (RawClient client = loggedIn("127.0.9.1")) {
            UserChangeRequest.send(client, "root", "", Accounts.DATABASE);
            assertThat(client.err(client.read()).code()).isEqualTo(1045);
            assertThat(client.isClosedByServer()).isTrue();
        }
        assertThat(count("access")).isEqualTo(before + 3);
    }

    @Test
    void aReloadChangesWhatHoldsForThoseWhoComeAndSparesThoseWhoAreThere() throws Exception {
        try (RawClient there = loggedIn("127.0.0.10")) {
            reload("access: {deny: [127.0.0.10, root@*]}\nlimits: {max-connections: 2}\n");
            assertThat(refused("127.0.0.10").code()).isEqualTo(1130);
            assertThat(there.value("SELECT 1")).isEqualTo("1");
            try (RawClient second = loggedIn("127.0.66.1")) {
                ErrPacket error = refused("127.0.0.11");
                assertThat(error.code()).isEqualTo(1040);
                assertThat(error.message()).isEqualTo("Too many connections");
                assertThat(second.value("SELECT 2")).isEqualTo("2");
            }
            reload("access: {proxies: 127.0.0.12}\nlimits: {connect-phase-timeout: 200ms}\n");
            assertThat(refused("127.0.0.12").message()).contains("PROXY protocol header");
            try (RawClient silent = from("127.0.0.10")) {
                assertThat(RawClient.first(silent.read())).isEqualTo(10);
                double before = count("connect_phase_timeout");
                assertThat(silent.isClosedByServer()).isTrue();
                assertThat(count("connect_phase_timeout")).isEqualTo(before + 1);
            }
        } finally {
            reload("access: {allow: 127.0.0.0/8, deny: ['root@*', 127.0.66.0/24]}\nlimits: {max-connections-per-user: "
                    + PER_USER + ", max-connections-per-address: " + PER_ADDRESS
                    + ", login-attempts-per-second: 1, login-attempts-burst: " + BURST
                    + ", shared-addresses: [127.0.0.1, 127.0.9.0/24]}\n");
        }
    }

    private static void reload(String more) throws Exception {
        StringBuilder text = new StringBuilder("listen: 127.0.0.1:0\nmonitor: {user: sluice_monitor, password: x}\n");
        text.append(more).append("backends:\n");
        Servers.mysql()
                .servers()
                .forEach(server ->
                        text.append("  - address: ").append(server.address()).append('\n'));
        var unused = Files.writeString(file, text);
        var applied = proxy.server().administration().run(new Operation.Reload(false), DBA, step -> {});
        assertThat(applied.rows()).isNotEmpty();
    }

    @Test
    void whoSpeaksNowAndThenIsNotIdle() throws Exception {
        try (TestProxy impatient =
                        TestProxy.options().idleTimeout(Duration.ofSeconds(1)).start(Servers.mysql());
                RawClient client = impatient.raw();
                RawClient idle = impatient.raw()) {
            long start = System.nanoTime();
            await().pollInterval(Duration.ofMillis(200)).atMost(TestProxy.SOON).until(() -> {
                byte[] pong = client.ask(CommandType.COM_PING, new byte[0]);
                return RawClient.first(pong) == RawClient.OK
                        && System.nanoTime() - start > Duration.ofMillis(1500).toNanos();
            });
            idle.expectSequence(0);
            assertThat(idle.err(idle.read()).code()).isEqualTo(4031);
        }
    }
}
