package dev.sluice.server.it;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.mysql.cj.jdbc.JdbcStatement;
import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.ServerFlavor;
import io.netty.util.internal.PlatformDependent;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
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
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** LOAD DATA LOCAL from a client's file, on MySQL and MariaDB. */
@Timeout(120)
class LoadDataIT {
    private static final String LOAD = "LOAD DATA LOCAL INFILE 'numbers' INTO TABLE load_data";
    private static final int LOCAL_INFILE = 0xFB;
    private static final Map<Vendor, TestProxy> PROXIES = new EnumMap<>(Vendor.class);
    private static LocalCluster mariaDb;

    enum Vendor {
        MYSQL,
        MARIADB
    }

    @BeforeAll
    static void start() throws Exception {
        MariaDbServer.requireInstalled(LoadDataIT.class);
        mariaDb = LocalCluster.builder()
                .flavor(ServerFlavor.executable("mariadbd"))
                .start();
        PROXIES.put(Vendor.MYSQL, TestProxy.start(Servers.mysql()));
        PROXIES.put(Vendor.MARIADB, TestProxy.start(mariaDb));
        for (TestProxy proxy : PROXIES.values()) {
            proxy.cluster().primary().execute("SET GLOBAL local_infile = 1");
            proxy.cluster()
                    .primary()
                    .execute("CREATE TABLE app.load_data (id INT PRIMARY KEY, pad LONGTEXT) ENGINE = InnoDB");
        }
    }

    @AfterAll
    static void stop() {
        PROXIES.values().forEach(TestProxy::close);
        if (mariaDb != null) {
            Servers.mysql().primary().execute("SET GLOBAL local_infile = 0", "DROP TABLE app.load_data");
            mariaDb.close();
        }
    }

    @AfterEach
    void quiet() throws IOException {
        for (TestProxy proxy : PROXIES.values()) {
            proxy.awaitQuiet();
            proxy.cluster().primary().execute("DELETE FROM app.load_data");
        }
    }

    private static TestProxy proxy(Vendor vendor) {
        return requireNonNull(PROXIES.get(vendor));
    }

    private static RawClient client(Vendor vendor) throws IOException {
        return RawClient.connectWith(proxy(vendor).port(), Capabilities.CLIENT_LOCAL_FILES);
    }

    private static RawClient direct(Vendor vendor, int capabilities) throws IOException {
        return RawClient.connectWith(proxy(vendor).cluster().primary().port(), capabilities);
    }

    private static byte[] lines(int from, int to) {
        StringBuilder lines = new StringBuilder();
        for (int i = from; i < to; i++) {
            lines.append(i).append("\tline ").append(i).append('\n');
        }
        return lines.toString().getBytes(StandardCharsets.US_ASCII);
    }

    private static String count(Vendor vendor) {
        return proxy(vendor).cluster().primary().queryValue("SELECT COUNT(*) FROM app.load_data");
    }

    private static void ask(RawClient client, String sql) throws IOException {
        byte[] request = client.ask(CommandType.COM_QUERY, sql.getBytes(StandardCharsets.UTF_8));
        assertThat(RawClient.first(request)).isEqualTo(LOCAL_INFILE);
        assertThat(new String(request, 1, request.length - 1, StandardCharsets.UTF_8))
                .isEqualTo("numbers");
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void theLinesOfAFileArrive(Vendor vendor) throws IOException {
        try (RawClient client = client(vendor)) {
            ask(client, LOAD);
            client.sendFile(lines(0, 10), lines(10, 2000), lines(2000, 2001));
            List<byte[]> answer = client.readResults();
            assertThat(client.ok(answer.get(0)).affectedRows()).isEqualTo(2001);
            assertThat(client.ok(answer.get(0)).info()).isEqualTo("Records: 2001  Deleted: 0  Skipped: 0  Warnings: 0");
            // Reads its own write, also on a replica.
            assertThat(client.value("SELECT COUNT(*) FROM load_data")).isEqualTo("2001");
        }
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void aFileMayBeEmpty(Vendor vendor) throws IOException {
        try (RawClient client = client(vendor)) {
            ask(client, LOAD);
            client.sendFile();
            assertThat(client.ok(client.readResults().get(0)).affectedRows()).isZero();
            assertThat(client.value("SELECT 1")).isEqualTo("1");
        }
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void aFileOfFortyMebibytesInThePacketsOfAnySizeCostsLittleMemory(Vendor vendor) throws IOException {
        try (RawClient client = client(vendor)) {
            long before = PlatformDependent.usedDirectMemory();
            ask(client, LOAD + " (id, @unused) SET pad = LENGTH(@unused)");
            byte[] line = new byte[1 << 20];
            Arrays.fill(line, (byte) 'x');
            line[line.length - 1] = '\n';
            long most = 0;
            for (int i = 0; i < 24; i++) {
                System.arraycopy("%06d\t".formatted(i).getBytes(StandardCharsets.US_ASCII), 0, line, 0, 7);
                client.follow(line);
                most = Math.max(most, PlatformDependent.usedDirectMemory() - before);
            }
            // A packet of the greatest length has an empty one behind it, which does not end the file.
            byte[] greatest = new byte[Packets.MAX_PAYLOAD_LENGTH];
            Arrays.fill(greatest, (byte) 'y');
            System.arraycopy("24\t".getBytes(StandardCharsets.US_ASCII), 0, greatest, 0, 3);
            client.sendFile(greatest, "yy\n".getBytes(StandardCharsets.US_ASCII));
            List<byte[]> answer = client.readResults();
            assertThat(client.ok(answer.get(0)).affectedRows()).isEqualTo(25);
            assertThat(most).isLessThan(8L << 20);
        }
        assertThat(proxy(vendor).cluster().primary().queryValue("SELECT SUM(CAST(pad AS UNSIGNED)) FROM app.load_data"))
                .isEqualTo(Long.toString(24L * ((1 << 20) - 8) + Packets.MAX_PAYLOAD_LENGTH - 3 + 2));
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void aClientThatStopsInTheMiddleHasLoadedNothing(Vendor vendor) throws IOException {
        try (RawClient client = client(vendor)) {
            ask(client, LOAD);
            client.follow(lines(0, 1000));
        }
        await().atMost(TestProxy.SOON)
                .until(() -> proxy(vendor)
                        .cluster()
                        .primary()
                        .queryValue("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'native'"
                                + " AND command = 'Query'")
                        .equals("0"));
        assertThat(count(vendor)).isEqualTo("0");
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void filesAreLoadedBetweenOtherStatementsOfAPacket(Vendor vendor) throws IOException {
        String several = "SELECT 7; " + LOAD + "; SELECT COUNT(*) FROM load_data; " + LOAD + "; SELECT 8";
        int older = Capabilities.CLIENT_DEPRECATE_EOF;
        for (int without : new int[] {0, older}) {
            try (RawClient client = without == 0 ? client(vendor) : olderClient(vendor)) {
                client.send(CommandType.COM_QUERY, several.getBytes(StandardCharsets.UTF_8));
                skipResult(client, "7", without == older);
                readRequest(client);
                client.sendFile(lines(0, 3));
                assertThat(client.ok(client.read()).affectedRows()).isEqualTo(3);
                skipResult(client, "3", without == older);
                readRequest(client);
                client.sendFile(lines(3, 5));
                assertThat(client.ok(client.read()).affectedRows()).isEqualTo(2);
                skipResult(client, "8", without == older);
                assertThat(client.value("SELECT 1")).isEqualTo("1");
            }
            proxy(vendor).cluster().primary().execute("DELETE FROM app.load_data");
        }
    }

    private static RawClient olderClient(Vendor vendor) throws IOException {
        return RawClient.connectWith(
                proxy(vendor).port(), Capabilities.CLIENT_LOCAL_FILES, Capabilities.CLIENT_DEPRECATE_EOF);
    }

    private static void readRequest(RawClient client) throws IOException {
        byte[] request = client.read();
        assertThat(RawClient.first(request)).isEqualTo(LOCAL_INFILE);
    }

    private static void skipResult(RawClient client, String value, boolean older) throws IOException {
        assertThat(RawClient.first(client.read())).isEqualTo(1);
        byte[] definition = client.read();
        assertThat(definition).isNotEmpty();
        if (older) {
            assertThat(RawClient.first(client.read())).isEqualTo(RawClient.EOF);
        }
        assertThat(RawClient.text(client.read())).isEqualTo(value);
        assertThat(RawClient.first(client.read())).isEqualTo(RawClient.EOF);
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void aTransactionMayTakeTheLinesBack(Vendor vendor) throws IOException {
        try (RawClient client = client(vendor)) {
            client.query("BEGIN");
            ask(client, LOAD);
            client.sendFile(lines(0, 100));
            assertThat(client.ok(client.read()).affectedRows()).isEqualTo(100);
            assertThat(client.value("SELECT COUNT(*) FROM load_data")).isEqualTo("100");
            client.query("ROLLBACK");
            assertThat(client.value("SELECT COUNT(*) FROM load_data")).isEqualTo("0");
        }
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void aClientWithoutFilesIsRefusedAsByTheServer(Vendor vendor) throws IOException {
        try (RawClient client = proxy(vendor).raw();
                RawClient direct = direct(vendor, 0)) {
            for (String sql : new String[] {LOAD, "SELECT 1; " + LOAD}) {
                assertThat(lastError(client, sql)).isEqualTo(lastError(direct, sql));
            }
            assertThat(client.value("SELECT 1")).isEqualTo("1");
        }
    }

    private static ErrPacket lastError(RawClient client, String sql) throws IOException {
        List<byte[]> packets = client.query(sql);
        byte[] last = packets.get(packets.size() - 1);
        assertThat(RawClient.first(last)).isEqualTo(RawClient.ERR);
        return client.err(last);
    }

    @Test
    void aServerThatLoadsNoFilesSaysSoItself() throws IOException {
        Servers.mysql().primary().execute("SET GLOBAL local_infile = 0");
        try (RawClient client = client(Vendor.MYSQL);
                RawClient direct = direct(Vendor.MYSQL, Capabilities.CLIENT_LOCAL_FILES)) {
            assertThat(lastError(client, LOAD)).isEqualTo(lastError(direct, LOAD));
            assertThat(lastError(client, LOAD).code()).isEqualTo(3948);
        } finally {
            Servers.mysql().primary().execute("SET GLOBAL local_infile = 1");
        }
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void aLineThatFailsEndsWithTheServersErrorBehindTheFile(Vendor vendor) throws IOException {
        // LOAD DATA LOCAL turns many errors into warnings, but not this one.
        proxy(vendor)
                .cluster()
                .primary()
                .execute("CREATE TRIGGER app.refuses BEFORE INSERT ON app.load_data FOR EACH ROW"
                        + " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not here'");
        ErrPacket[] errors = new ErrPacket[2];
        try (RawClient client = client(vendor);
                RawClient direct = direct(vendor, Capabilities.CLIENT_LOCAL_FILES)) {
            RawClient[] both = {client, direct};
            for (int i = 0; i < both.length; i++) {
                ask(both[i], LOAD);
                both[i].sendFile(lines(0, 20_000), lines(20_000, 40_000));
                errors[i] = both[i].err(both[i].read());
            }
            assertThat(errors[0]).isEqualTo(errors[1]);
            assertThat(client.value("SELECT 1")).isEqualTo("1");
        } finally {
            proxy(vendor).cluster().primary().execute("DROP TRIGGER app.refuses");
        }
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void aServerLostInTheMiddleIsToldBehindTheFileAndTheSessionGoesOn(Vendor vendor) throws IOException {
        try (RawClient client = client(vendor)) {
            ask(client, LOAD);
            client.follow(lines(0, 1000));
            String id = await().atMost(TestProxy.SOON)
                    .until(
                            () -> proxy(vendor)
                                    .cluster()
                                    .primary()
                                    .queryValue("SELECT MAX(id) FROM information_schema.processlist"
                                            + " WHERE user = 'native' AND command = 'Query'"),
                            found -> found != null && !found.equals("null"));
            proxy(vendor).cluster().primary().execute("KILL CONNECTION " + id);
            client.sendFile(lines(1000, 2000), lines(2000, 3000));
            ErrPacket error = client.err(client.read());
            assertThat(error.sqlState()).isIn("08S01", "70100");
            assertThat(client.value("SELECT COUNT(*) FROM load_data")).isEqualTo("0");
        }
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void connectorJLoadsAStream(Vendor vendor) throws SQLException {
        try (Connection connection = proxy(vendor).connect("allowLoadLocalInfile=true");
                Statement statement = connection.createStatement()) {
            statement
                    .unwrap(JdbcStatement.class)
                    .setLocalInfileInputStream(new ByteArrayInputStream(lines(0, 100_000)));
            assertThat(statement.executeUpdate(LOAD)).isEqualTo(100_000);
            assertThat(Sql.value(connection, "SELECT COUNT(*) FROM load_data")).isEqualTo("100000");
            assertThat(Sql.route(connection).pins()).isEmpty();
        }
    }

    @Test
    void connectorJWithoutPermissionIsRefusedByTheServer() throws SQLException {
        try (Connection connection = proxy(Vendor.MYSQL).connect()) {
            assertThatThrownBy(() -> Sql.run(connection, LOAD))
                    .isInstanceOf(SQLException.class)
                    .extracting(e -> ((SQLException) e).getErrorCode())
                    .isEqualTo(3948);
        }
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void theCommandLineClientLoadsAFile(Vendor vendor, @TempDir Path directory) throws Exception {
        Path file = directory.resolve("numbers.txt");
        Files.write(file, lines(0, 5000));
        Process client = new ProcessBuilder(
                        "mysql",
                        "--no-defaults",
                        "--protocol=TCP",
                        "--host=127.0.0.1",
                        "--port=" + proxy(vendor).port(),
                        "--user=native",
                        "--password=native-secret",
                        "--skip-ssl",
                        "--local-infile=1",
                        "app",
                        "--execute=LOAD DATA LOCAL INFILE '" + file
                                + "' INTO TABLE load_data; SELECT COUNT(*) FROM load_data")
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
                .start();
        String output = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(client.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(output).endsWith("5000\n");
    }
}
