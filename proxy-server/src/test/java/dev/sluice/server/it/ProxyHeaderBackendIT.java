package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.server.admin.Administration.Caller;
import dev.sluice.server.admin.Operation;
import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.config.AccessConfig;
import dev.sluice.server.config.AccessList;
import dev.sluice.server.config.ProxyProtocol;
import dev.sluice.server.config.TlsMode;
import dev.sluice.server.localcluster.Accounts;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.ServerFlavor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A MariaDB server that is told where the clients of Sluice come from: what it sees, and whom it lets in. The clients are behind a
 * load balancer, so that they can come from anywhere. Proofs of logins are trusted for as long as the class runs: what is asserted
 * does not come from asking the server again.
 */
@Timeout(120)
class ProxyHeaderBackendIT {
    private static final String BALANCER = "127.0.78.1";
    private static final int CAP = 3;
    private static final String WHO = "who";
    /** Of one test only: it counts all connections of this user, and the other proxy's would be among them. */
    private static final String CROWD = "crowd";

    private static final int KILLED_QUERY = 1317;
    private static final int DENIED = 1045;

    private static LocalCluster cluster;
    private static LoginCertificates certificates;
    private static TestProxy proxy;
    private static TestProxy encrypting;

    @BeforeAll
    static void start() throws Exception {
        MariaDbServer.requireInstalled(ProxyHeaderBackendIT.class);
        certificates = LoginCertificates.in(Files.createTempDirectory("sluice-certificates-"));
        cluster = LocalCluster.builder()
                .flavor(ServerFlavor.executable("mariadbd"))
                .replicas(1)
                .serverArgument("--proxy-protocol-networks=127.0.0.1")
                .serverArgument("--ssl=ON")
                .serverArgument("--ssl-ca=" + certificates.authority())
                .serverArgument("--ssl-cert=" + certificates.identity().cert())
                .serverArgument("--ssl-key=" + certificates.identity().key())
                .start();
        proxy = options(TlsMode.OFF, ProxyProtocol.V1).connections(CAP).start(cluster);
        encrypting = options(TlsMode.REQUIRED, ProxyProtocol.V2).start(cluster);
    }

    private static TestProxy.Options options(TlsMode tls, ProxyProtocol version) {
        return TestProxy.options()
                .tls(certificates.ofProxy(tls))
                .proofAge(Duration.ofMinutes(5))
                .access(new AccessConfig(
                        AccessList.parse("*"), AccessList.parse("none"), AccessList.parse("127.0.78.0/24")))
                .proxyProtocol(version);
    }

    @AfterAll
    static void stop() {
        if (cluster != null) {
            proxy.close();
            encrypting.close();
            cluster.close();
        }
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
        encrypting.awaitQuiet();
        cluster.primary()
                .execute("DROP USER IF EXISTS who@'10.1.%', who@'10.2.%', who@'10.3.%', who@'10.4.0.0/255.255.0.0',"
                        + " crowd@'10.2.%'");
    }

    private static TestProxy of(ProxyProtocol version) {
        return version == ProxyProtocol.V1 ? proxy : encrypting;
    }

    /** A client from an address, which has not logged in. */
    private static RawClient from(TestProxy at, String address) throws IOException {
        RawClient client = RawClient.openFrom(BALANCER, at.port());
        String family = address.contains(":") ? "TCP6 " + address + " ::1" : "TCP4 " + address + " 10.255.0.1";
        client.writeWire(("PROXY " + family + " 4711 3306\r\n").getBytes(StandardCharsets.US_ASCII));
        return client;
    }

    private static RawClient in(TestProxy at, String address, String user, String password) throws IOException {
        RawClient client = from(at, address);
        byte[] answer = client.tryLogin(RawClient.CAPABILITIES, user, password, "");
        assertThat(RawClient.first(answer))
                .as(() -> String.valueOf(client.err(answer)))
                .isEqualTo(RawClient.OK);
        return client;
    }

    private static RawClient in(TestProxy at, String address) throws IOException {
        return in(at, address, Accounts.NATIVE_USER, Accounts.NATIVE_PASSWORD);
    }

    /** Who the server says has logged in. */
    private static String login(TestProxy at, String address, String user, String password) throws IOException {
        try (RawClient client = from(at, address)) {
            byte[] answer = client.tryLogin(RawClient.CAPABILITIES, user, password, "");
            if (RawClient.first(answer) == RawClient.OK) {
                return client.value("SELECT CURRENT_USER() FOR UPDATE");
            }
            ErrPacket error = client.err(answer);
            assertThat(error.code()).as(error.message()).isEqualTo(DENIED);
            return "denied";
        }
    }

    private static void known(String address, String password) {
        await().atMost(TestProxy.SOON)
                .until(() -> !login(proxy, address, WHO, password).equals("denied"));
    }

    private static ErrPacket refusal(TestProxy at, String address) throws IOException {
        try (RawClient client = from(at, address)) {
            return client.err(client.tryLogin());
        }
    }

    private static List<List<String>> pools(TestProxy at) throws Exception {
        ResultTable pools = at.server()
                .administration()
                .run(new Operation.Show(Operation.View.POOLS), new Caller("dba", null), step -> {});
        int user = pools.columns().indexOf("user");
        int client = pools.columns().indexOf("client");
        return pools.rows().stream()
                .filter(row -> Accounts.NATIVE_USER.equals(row.get(user)))
                .map(row -> List.of(String.valueOf(row.get(user)), String.valueOf(row.get(client))))
                .toList();
    }

    @ParameterizedTest
    @CsvSource({"V1, 10.1.2.3", "V1, fd00::12", "V2, 10.1.2.3", "V2, fd00::12"})
    void serversSeeTheClient(ProxyProtocol version, String address) throws Exception {
        try (RawClient client = in(of(version), address)) {
            for (String user : List.of("SELECT USER()", "SELECT USER() FOR UPDATE")) {
                assertThat(client.value(user)).isEqualTo(Accounts.NATIVE_USER + "@" + address);
            }
            String ids = "SELECT host FROM information_schema.processlist WHERE id = CONNECTION_ID()";
            assertThat(client.value(ids)).isEqualTo(address);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = ProxyProtocol.class,
            names = {"V1", "V2"})
    void aClientWithoutALoadBalancerIsSeenWhereItIs(ProxyProtocol version) throws Exception {
        try (RawClient client = RawClient.openFrom("127.0.0.9", of(version).port())) {
            assertThat(RawClient.first(client.tryLogin())).isEqualTo(RawClient.OK);
            assertThat(client.value("SELECT USER()")).isEqualTo(Accounts.NATIVE_USER + "@127.0.0.9");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = ProxyProtocol.class,
            names = {"V1", "V2"})
    void theAccountIsThatOfTheClientsHost(ProxyProtocol version) throws Exception {
        cluster.primary()
                .execute(
                        "CREATE USER who@'10.1.%' IDENTIFIED BY 'one'",
                        "CREATE USER who@'10.2.%' IDENTIFIED BY 'two'",
                        "CREATE USER who@'10.3.%' IDENTIFIED BY 'one' REQUIRE SSL",
                        "CREATE USER who@'10.4.0.0/255.255.0.0' IDENTIFIED BY ''");
        TestProxy at = of(version);
        for (int i = 0; i < 3; i++) {
            assertThat(login(at, "10.1.0.1", WHO, "one")).isEqualTo("who@10.1.%");
            assertThat(login(at, "10.1.0.1", WHO, "two")).isEqualTo("denied");
            assertThat(login(at, "10.2.0.1", WHO, "two")).isEqualTo("who@10.2.%");
            assertThat(login(at, "10.2.0.1", WHO, "one")).isEqualTo("denied");
            // Its demand is made of the client, which has no TLS, and not of Sluice, which has.
            assertThat(login(at, "10.3.0.1", WHO, "one")).isEqualTo("denied");
            assertThat(login(at, "10.4.0.1", WHO, "")).isEqualTo("who@10.4.0.0/255.255.0.0");
            assertThat(login(at, "10.4.0.1", WHO, "one")).isEqualTo("denied");
            assertThat(login(at, "10.5.0.1", WHO, "one")).isEqualTo("denied");
        }
    }

    @Test
    void changingTheUserIsALoginFromTheSameHost() throws Exception {
        cluster.primary()
                .execute(
                        "CREATE USER who@'10.1.%' IDENTIFIED BY 'one'", "CREATE USER who@'10.2.%' IDENTIFIED BY 'two'");
        known("10.1.0.1", "one");
        try (RawClient client = in(proxy, "10.1.0.1")) {
            assertThat(RawClient.first(UserChangeRequest.ask(client, WHO, "one", "")))
                    .isEqualTo(RawClient.OK);
            assertThat(client.value("SELECT CONCAT(USER(), ' ', CURRENT_USER())"))
                    .isEqualTo("who@10.1.0.1 who@10.1.%");
        }
        try (RawClient client = in(proxy, "10.2.0.1")) {
            ErrPacket error = client.err(UserChangeRequest.ask(client, WHO, "one", ""));
            assertThat(error.code()).isEqualTo(DENIED);
        }
    }

    @Test
    void aChangedAccountIsOneOfItsHostOnly() throws Exception {
        cluster.primary()
                .execute(
                        "CREATE USER who@'10.1.%' IDENTIFIED BY 'one'", "CREATE USER who@'10.2.%' IDENTIFIED BY 'two'");
        known("10.1.0.1", "one");
        assertThat(login(proxy, "10.2.0.1", WHO, "two")).isEqualTo("who@10.2.%");
        try (RawClient client = in(proxy, "10.1.0.1", WHO, "one")) {
            assertThat(RawClient.first(
                            client.query("SET PASSWORD = PASSWORD('new')").get(0)))
                    .isEqualTo(RawClient.OK);
            assertThat(login(proxy, "10.1.0.1", WHO, "one")).isEqualTo("denied");
            assertThat(login(proxy, "10.1.0.1", WHO, "new")).isEqualTo("who@10.1.%");
            assertThat(login(proxy, "10.2.0.1", WHO, "new")).isEqualTo("denied");
            assertThat(login(proxy, "10.2.0.1", WHO, "two")).isEqualTo("who@10.2.%");
            // On connections that were opened with the new password.
            Sql.endConnectionsOf(WHO, cluster.primary());
            await().atMost(TestProxy.SOON)
                    .untilAsserted(() -> assertThat(client.value("SELECT CURRENT_USER() FOR UPDATE"))
                            .isEqualTo("who@10.1.%"));
        }
        cluster.primary().execute("DROP USER who@'10.1.%'");
        await().atMost(TestProxy.SOON).until(() -> {
            try (RawClient client = from(proxy, "10.1.0.1")) {
                byte[] answer = client.tryLogin(RawClient.CAPABILITIES, WHO, "new", "");
                return RawClient.first(answer) == RawClient.ERR;
            }
        });
        assertThat(login(proxy, "10.2.0.1", WHO, "two")).isEqualTo("who@10.2.%");
    }

    @Test
    void connectionsAreSharedAmongClientsOfOneAddressOnly() throws Exception {
        String question = "SELECT CONCAT(CONNECTION_ID(), ' ', USER()) FOR UPDATE";
        try (RawClient one = in(encrypting, "10.7.0.1");
                RawClient same = in(encrypting, "10.7.0.1");
                RawClient other = in(encrypting, "10.7.0.2")) {
            for (int i = 0; i < 10; i++) {
                String first = one.value(question);
                assertThat(first).endsWith("@10.7.0.1");
                assertThat(same.value(question)).endsWith("@10.7.0.1");
                assertThat(other.value(question)).isNotEqualTo(first).endsWith("@10.7.0.2");
            }
            assertThat(pools(encrypting))
                    .contains(List.of(Accounts.NATIVE_USER, "10.7.0.1"), List.of(Accounts.NATIVE_USER, "10.7.0.2"));
        }
    }

    @Test
    void manyAddressesShareTheConnectionsThatThereMayBe() throws Exception {
        cluster.primary().execute("CREATE USER crowd@'10.2.%' IDENTIFIED BY 'two'");
        await().atMost(TestProxy.SOON)
                .until(() -> !login(proxy, "10.2.0.1", CROWD, "two").equals("denied"));
        try (Connection root = cluster.primary().connect()) {
            String count = "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'crowd'";
            List<CompletableFuture<Void>> clients = IntStream.range(0, 3 * CAP)
                    .mapToObj(i -> CompletableFuture.runAsync(() -> askOften("10.2.0." + i)))
                    .toList();
            while (!clients.stream().allMatch(CompletableFuture::isDone)) {
                assertThat(Integer.parseInt(Objects.requireNonNull(Sql.value(root, count))))
                        .isLessThanOrEqualTo(CAP);
            }
            CompletableFuture.allOf(clients.toArray(CompletableFuture[]::new)).join();
        }
    }

    private static void askOften(String address) {
        try (RawClient client = in(proxy, address, CROWD, "two")) {
            for (int i = 0; i < 6; i++) {
                assertThat(client.value("SELECT USER() FOR UPDATE")).endsWith("@" + address);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aStatementIsKilledFromAnotherAddress() throws Exception {
        try (RawClient victim = in(encrypting, "10.7.0.1");
                RawClient killer = in(encrypting, "10.7.0.2")) {
            String id = victim.value("SELECT CONNECTION_ID()");
            victim.send(CommandType.COM_QUERY, "SELECT SLEEP(100) FOR UPDATE".getBytes(StandardCharsets.US_ASCII));
            await().atMost(TestProxy.SOON)
                    .until(() -> cluster.primary()
                            .queryValue(
                                    "SELECT host FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(100)%'")
                            .equals("10.7.0.1"));
            assertThat(RawClient.first(killer.query("KILL QUERY " + id).get(0))).isEqualTo(RawClient.OK);
            List<byte[]> answer = victim.readResults();
            byte[] last = answer.get(answer.size() - 1);
            assertThat(victim.err(last).code()).isEqualTo(KILLED_QUERY);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = ProxyProtocol.class,
            names = {"V1", "V2"})
    void aServerThatTakesNoHeaderIsNamed(ProxyProtocol version) throws Exception {
        TestProxy at = of(version);
        cluster.servers().forEach(server -> server.execute("SET GLOBAL proxy_protocol_networks = ''"));
        try (CapturedLog log = new CapturedLog()) {
            List<ErrPacket> refusals = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                refusals.add(refusal(at, "10.6.0." + i));
            }
            // On a busy machine the monitor may miss the primary for a moment: then the replica is asked, and named.
            Set<String> named = new HashSet<>();
            assertThat(refusals).allSatisfy(error -> {
                assertThat(error.message()).contains("takes no PROXY header", "proxy_protocol_networks");
                assertThat(cluster.servers())
                        .filteredOn(server -> error.message().contains(server.address()))
                        .singleElement()
                        .satisfies(server -> named.add(server.address()));
            });
            assertThat(log.lines().stream().filter(line -> line.startsWith("WARN") && line.contains("no PROXY header")))
                    .hasSameSizeAs(named)
                    .allSatisfy(line -> assertThat(line).contains("pool.proxy-protocol"))
                    .allSatisfy(line -> assertThat(named).anyMatch(line::contains));
        } finally {
            cluster.servers().forEach(server -> server.execute("SET GLOBAL proxy_protocol_networks = '127.0.0.1'"));
        }
        await().atMost(TestProxy.SOON).until(() -> {
            try (RawClient client = from(at, "10.6.0.1")) {
                return RawClient.first(client.tryLogin()) == RawClient.OK;
            }
        });
    }

    @Test
    void mySqlIsNamedBecauseItNeverTakesAHeader() throws Exception {
        try (CapturedLog log = new CapturedLog();
                TestProxy mysql =
                        TestProxy.options().proxyProtocol(ProxyProtocol.V1).start(Servers.mysql());
                RawClient client = RawClient.open(mysql.port())) {
            String primary = ":" + Servers.mysql().primary().port();
            assertThat(client.err(client.tryLogin()).message())
                    .contains(primary, "no MariaDB server", "pool.proxy-protocol");
            assertThat(log.lines())
                    .anySatisfy(line -> assertThat(line).startsWith("WARN").contains(primary, "no MariaDB server"));
        }
    }

    @Test
    void clientsOfAllAddressesShareConnectionsWhereServersAreNotTold() throws Exception {
        try (TestProxy silent =
                        options(TlsMode.OFF, ProxyProtocol.OFF).eventLoops(1).start(cluster);
                RawClient one = in(silent, "10.7.0.1");
                RawClient other = in(silent, "10.7.0.2")) {
            String question = "SELECT CONCAT(CONNECTION_ID(), ' ', USER()) FOR UPDATE";
            assertThat(one.value(question)).isEqualTo(other.value(question)).doesNotContain("10.7.");
        }
    }
}
