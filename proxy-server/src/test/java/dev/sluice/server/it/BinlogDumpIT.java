package dev.sluice.server.it;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.ServerFlavor;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients that read the primary's binary log through the proxy, on MySQL and MariaDB. */
@Timeout(120)
class BinlogDumpIT {
    private static final String USER = "binlog";
    private static final String PASSWORD = "binlog-secret";
    private static final int NON_BLOCK = 1;
    private static final Map<Vendor, TestProxy> PROXIES = new EnumMap<>(Vendor.class);
    private static LocalCluster mariaDb;

    enum Vendor {
        MYSQL,
        MARIADB
    }

    @BeforeAll
    static void start() throws Exception {
        MariaDbServer.requireInstalled(BinlogDumpIT.class);
        mariaDb = LocalCluster.builder()
                .flavor(ServerFlavor.executable("mariadbd"))
                .start();
        for (LocalCluster cluster : List.of(Servers.mysql(), mariaDb)) {
            boolean mysql = cluster == Servers.mysql();
            // Before the proxy starts: it looks for new accounts only now and then.
            cluster.primary()
                    .execute(
                            "CREATE USER 'binlog'@'%' IDENTIFIED " + (mysql ? "WITH mysql_native_password " : "")
                                    + "BY '" + PASSWORD + "'",
                            "GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'binlog'@'%'",
                            "GRANT ALL ON app.* TO 'binlog'@'%'",
                            "CREATE TABLE app.logged (v VARCHAR(100))");
        }
        PROXIES.put(Vendor.MYSQL, TestProxy.start(Servers.mysql()));
        PROXIES.put(Vendor.MARIADB, TestProxy.start(mariaDb));
        for (TestProxy proxy : PROXIES.values()) {
            proxy.awaitCaughtUp();
        }
    }

    @AfterAll
    static void stop() {
        PROXIES.values().forEach(TestProxy::close);
        if (mariaDb != null) {
            Servers.mysql().primary().execute("DROP USER 'binlog'@'%'", "DROP TABLE app.logged");
            mariaDb.close();
        }
    }

    @AfterEach
    void quiet() throws IOException {
        for (TestProxy proxy : PROXIES.values()) {
            proxy.awaitQuiet();
        }
    }

    private static TestProxy proxy(Vendor vendor) {
        return requireNonNull(PROXIES.get(vendor));
    }

    private static RawClient replica(int port) throws IOException {
        RawClient client = RawClient.connectAs(port, USER, PASSWORD);
        client.query("SET @master_binlog_checksum = 'CRC32', @mariadb_slave_capability = 4");
        return client;
    }

    private static String file(Vendor vendor) {
        return requireNonNull(proxy(vendor).cluster().primary().queryValue("SHOW MASTER STATUS"));
    }

    private static byte[] dump(String file, int flags, int serverId) {
        ByteBuf body = Unpooled.buffer();
        body.writeIntLE(4).writeShortLE(flags).writeIntLE(serverId);
        body.writeCharSequence(file, StandardCharsets.US_ASCII);
        return ByteBufUtil.getBytes(body);
    }

    private static List<byte[]> events(RawClient client) throws IOException {
        List<byte[]> packets = new ArrayList<>();
        byte[] packet;
        do {
            packet = client.read();
            packets.add(packet);
        } while (RawClient.first(packet) == RawClient.OK);
        return packets;
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void theLogIsTheServersToTheLastByteAndThenTheConnectionEnds(Vendor vendor) throws IOException {
        proxy(vendor).cluster().primary().execute("INSERT INTO app.logged VALUES (REPEAT('x', 100))");
        byte[] whole = dump(file(vendor), NON_BLOCK, 4711);
        try (RawClient client = replica(proxy(vendor).port());
                RawClient direct = replica(proxy(vendor).cluster().primary().port())) {
            client.send(CommandType.COM_BINLOG_DUMP, whole);
            List<byte[]> found = events(client);
            // One after the other: a server ends the dump of a replica whose id comes again.
            direct.send(CommandType.COM_BINLOG_DUMP, whole);
            List<byte[]> wanted = events(direct);
            assertThat(found).hasSizeGreaterThan(10);
            assertThat(found).usingElementComparator(Arrays::compare).isEqualTo(wanted);
            assertThat(direct.isClosedByServer()).isTrue();
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void aSlowClientGetsTheLogToItsEndToo(Vendor vendor) throws IOException {
        proxy(vendor).cluster().primary().execute("CREATE TABLE app.large_events (v LONGTEXT)", "FLUSH BINARY LOGS");
        for (int i = 0; i < 12; i++) {
            proxy(vendor).cluster().primary().execute("INSERT INTO app.large_events VALUES (REPEAT('x', 1048576))");
        }
        proxy(vendor).cluster().primary().execute("DROP TABLE app.large_events");
        byte[] whole = dump(file(vendor), NON_BLOCK, 4717);
        try (RawClient client = replica(proxy(vendor).port());
                RawClient direct = replica(proxy(vendor).cluster().primary().port())) {
            client.send(CommandType.COM_BINLOG_DUMP, whole);
            client.readInBitesOf(256);
            List<byte[]> found = events(client);
            direct.send(CommandType.COM_BINLOG_DUMP, whole);
            assertThat(found).usingElementComparator(Arrays::compare).isEqualTo(events(direct));
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void eventsArriveAsTheyHappenUntilTheClientLeaves(Vendor vendor) throws IOException {
        try (RawClient client = replica(proxy(vendor).port())) {
            client.send(CommandType.COM_BINLOG_DUMP, dump(file(vendor), 0, 4712));
            proxy(vendor).cluster().primary().execute("INSERT INTO app.logged VALUES ('as it happens')");
            String event;
            do {
                event = new String(client.read(), StandardCharsets.ISO_8859_1);
            } while (!event.contains("as it happens"));
        }
        // Whoever comes next gets another connection, and the dump's is counted until the server has let go of it.
        try (RawClient next = RawClient.connectAs(proxy(vendor).port(), USER, PASSWORD)) {
            assertThat(next.value("SELECT @master_binlog_checksum FOR UPDATE")).isEqualTo("NULL");
        }
        await().atMost(TestProxy.SOON).until(() -> {
            proxy(vendor).cluster().primary().execute("INSERT INTO app.logged VALUES ('wakes the dump')");
            return proxy(vendor)
                    .cluster()
                    .primary()
                    .queryValue("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'binlog'"
                            + " AND command LIKE 'Binlog Dump%'")
                    .equals("0");
        });
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void aReplicaRegisters(Vendor vendor) throws IOException {
        ByteBuf body = Unpooled.buffer();
        body.writeIntLE(4713);
        for (String text : new String[] {"here", "", ""}) {
            body.writeByte(text.length()).writeCharSequence(text, StandardCharsets.US_ASCII);
        }
        body.writeShortLE(3306).writeIntLE(0).writeIntLE(0);
        byte[] registration = ByteBufUtil.getBytes(body);
        try (RawClient client = replica(proxy(vendor).port())) {
            assertThat(RawClient.first(client.ask(CommandType.COM_REGISTER_SLAVE, registration)))
                    .isEqualTo(RawClient.OK);
            assertThat(proxy(vendor).cluster().primary().queryValue("SHOW SLAVE HOSTS"))
                    .isIn("1", "2", "3", "4713");
            client.query("SELECT COUNT(*) FROM app.logged");
            Route route = Route.ofTextRow(
                    TextRow.rows(client.query("SHOW SLUICE ROUTE")).get(0));
            assertThat(route.role()).isEqualTo("primary");
            assertThat(route.reason()).isEqualTo("pinned");
            assertThat(route.pins()).isEqualTo("replication");
            client.send(CommandType.COM_BINLOG_DUMP, dump(file(vendor), NON_BLOCK, 4713));
            assertThat(events(client)).hasSizeGreaterThan(10);
        }
        try (RawClient client = proxy(vendor).raw();
                RawClient direct =
                        RawClient.connect(proxy(vendor).cluster().primary().port())) {
            assertThat(client.err(client.ask(CommandType.COM_REGISTER_SLAVE, registration)))
                    .isEqualTo(direct.err(direct.ask(CommandType.COM_REGISTER_SLAVE, registration)));
        }
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void aUserWithoutTheRightIsRefusedByTheServer(Vendor vendor) throws IOException {
        byte[] body = dump(file(vendor), NON_BLOCK, 4714);
        try (RawClient client = proxy(vendor).raw();
                RawClient direct =
                        RawClient.connect(proxy(vendor).cluster().primary().port())) {
            ErrPacket wanted = direct.err(direct.ask(CommandType.COM_BINLOG_DUMP, body));
            assertThat(wanted.code()).isEqualTo(1227);
            assertThat(client.err(client.ask(CommandType.COM_BINLOG_DUMP, body)))
                    .isEqualTo(wanted);
            assertThat(client.value("SELECT 1")).isEqualTo("1");
        }
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void aLogThatIsNotThereEndsWithTheServersError(Vendor vendor) throws IOException {
        byte[] body = dump("nothing.000001", 0, 4715);
        try (RawClient client = replica(proxy(vendor).port());
                RawClient direct = replica(proxy(vendor).cluster().primary().port())) {
            client.send(CommandType.COM_BINLOG_DUMP, body);
            List<byte[]> found = events(client);
            direct.send(CommandType.COM_BINLOG_DUMP, body);
            assertThat(found).usingElementComparator(Arrays::compare).isEqualTo(events(direct));
            assertThat(client.err(found.get(found.size() - 1)).code()).isEqualTo(1236);
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @Test
    void aDumpByGtidStartsWhereTheClientIs() throws IOException {
        TestProxy mysql = proxy(Vendor.MYSQL);
        ByteBuf body = Unpooled.buffer();
        body.writeShortLE(NON_BLOCK).writeIntLE(4716).writeIntLE(0).writeLongLE(4);
        // No GTID set: everything.
        body.writeIntLE(8).writeLongLE(0);
        byte[] whole = ByteBufUtil.getBytes(body);
        try (RawClient client = replica(mysql.port());
                RawClient direct = replica(mysql.cluster().primary().port())) {
            client.send(CommandType.COM_BINLOG_DUMP_GTID, whole);
            List<byte[]> found = events(client);
            assertThat(found).hasSizeGreaterThan(10);
            direct.send(CommandType.COM_BINLOG_DUMP_GTID, whole);
            assertThat(found).usingElementComparator(Arrays::compare).isEqualTo(events(direct));
        }
    }

    @Test
    void theCommandLineClientPrintsTheLog() throws Exception {
        TestProxy proxy = proxy(Vendor.MARIADB);
        proxy.cluster().primary().execute("INSERT INTO app.logged VALUES ('for mariadb-binlog')");
        assertThat(binlogOf(proxy.port()))
                .contains("logged")
                .isEqualTo(binlogOf(proxy.cluster().primary().port()));
    }

    private static String binlogOf(int port) throws Exception {
        Process client = new ProcessBuilder(
                        "mariadb-binlog",
                        "--no-defaults",
                        "--read-from-remote-server",
                        "--protocol=TCP",
                        "--host=127.0.0.1",
                        "--port=" + port,
                        "--user=" + USER,
                        "--password=" + PASSWORD,
                        "--skip-ssl",
                        file(Vendor.MARIADB))
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                .start();
        String output = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(client.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(client.exitValue()).as(output).isZero();
        return output;
    }
}
