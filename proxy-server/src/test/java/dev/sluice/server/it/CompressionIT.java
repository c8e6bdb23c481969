package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.CommandType;
import dev.sluice.server.config.CompressionMode;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.ServerFlavor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The compressed protocol on either side, with real servers: it changes the bytes on the wire and nothing else. */
@Timeout(120)
class CompressionIT {
    private static final String TABLE = "CREATE TABLE t (id INT PRIMARY KEY, v LONGBLOB)";

    /** What an application does, with values that fit one packet and that do not. */
    private static void assertServes(Connection connection) throws SQLException {
        Sql.run(connection, "DROP TABLE IF EXISTS t", TABLE);
        byte[] large = new byte[18 << 20];
        new Random(1).nextBytes(large);
        Arrays.fill(large, 0, large.length / 2, (byte) 'x');
        connection.setAutoCommit(false);
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t VALUES (?, ?)")) {
            for (int i = 0; i < 20; i++) {
                insert.setInt(1, i);
                insert.setBytes(2, i == 7 ? large : ("value " + i).getBytes(StandardCharsets.UTF_8));
                insert.addBatch();
            }
            assertThat(insert.executeBatch()).hasSize(20);
        }
        connection.commit();
        connection.setAutoCommit(true);
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT id, v FROM t ORDER BY id")) {
            for (int i = 0; i < 20; i++) {
                assertThat(rows.next()).isTrue();
                byte[] expected = i == 7 ? large : ("value " + i).getBytes(StandardCharsets.UTF_8);
                assertThat(Arrays.equals(rows.getBytes(2), expected))
                        .as("row %d", i)
                        .isTrue();
            }
            assertThat(rows.next()).isFalse();
        }
        assertThat(Sql.error(connection, "SELECT nothing FROM t")).isEqualTo(1054);
        Sql.run(connection, "SET time_zone = '+05:00'", "DROP TABLE t");
        assertThat(Sql.value(connection, "SELECT @@time_zone")).isEqualTo("+05:00");
    }

    private static Connection connect(TestProxy proxy, boolean compressed) throws SQLException {
        return proxy.connect("useCompression=" + compressed, "useServerPrepStmts=true");
    }

    @Test
    void aDriverMayCompress() throws Exception {
        try (TestProxy proxy = TestProxy.start(Servers.mysql())) {
            try (Connection connection = connect(proxy, true)) {
                assertServes(connection);
            }
            proxy.awaitQuiet();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"ZLIB", "ZSTD"})
    void connectionsToTheServersMayBeCompressed(CompressionMode mode) throws Exception {
        try (TestProxy proxy = TestProxy.options().compression(mode).start(Servers.mysql())) {
            try (Connection connection = connect(proxy, false)) {
                assertThat(status(connection, "Compression_algorithm")).isEqualToIgnoringCase(mode.name());
                assertServes(connection);
            }
            proxy.awaitQuiet();
        }
    }

    /** Over a compressed connection a server's packets are not numbered one by one, but clients get them so. */
    @ParameterizedTest
    @EnumSource(names = {"ZLIB", "ZSTD"})
    void answersAreNumberedForTheClientWhateverTheServersNumbersAre(CompressionMode mode) throws Exception {
        try (TestProxy proxy = TestProxy.options().compression(mode).start(Servers.mysql())) {
            assertNumbered(proxy);
            proxy.awaitQuiet();
        }
    }

    private static void assertNumbered(TestProxy proxy) throws IOException {
        for (int without : new int[] {0, Capabilities.CLIENT_DEPRECATE_EOF}) {
            try (RawClient client = proxy.raw(without)) {
                List<byte[]> results = client.query("SELECT 1; DO 2; SELECT 3; SELECT 4");
                assertThat(results).hasSize(without == 0 ? 13 : 16);
                for (int length : new int[] {40_000, 400_000, 20 << 20}) {
                    List<byte[]> row = client.query("SELECT LENGTH('" + "x".repeat(length) + "')");
                    assertThat(RawClient.text(row.get(row.size() - 2))).isEqualTo(Integer.toString(length));
                    assertThat(client.query("SELECT REPEAT('x', " + length + ")")
                                    .get(without == 0 ? 2 : 3))
                            .hasSizeGreaterThan(length);
                }
                assertThat(client.err(client.query("SELECT 1; SELECT nothing; SELECT 2")
                                        .get(without == 0 ? 4 : 5))
                                .code())
                        .isEqualTo(1054);
                assertThat(client.value("SELECT 5")).isEqualTo("5");
            }
        }
    }

    private static String status(Connection connection, String variable) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SHOW SESSION STATUS LIKE '" + variable + "'")) {
            assertThat(row.next()).isTrue();
            return row.getString(2);
        }
    }

    @Test
    void bothSidesMayBeCompressedOnMariaDbToo() throws Exception {
        MariaDbServer.requireInstalled(CompressionIT.class);
        try (LocalCluster cluster = LocalCluster.builder()
                        .flavor(ServerFlavor.executable("mariadbd"))
                        .serverArgument("--max-allowed-packet=64M")
                        .start();
                TestProxy proxy =
                        TestProxy.options().compression(CompressionMode.ZLIB).start(cluster)) {
            try (Connection connection = connect(proxy, true)) {
                assertThat(status(connection, "Compression")).isEqualTo("ON");
                assertServes(connection);
            }
            proxy.awaitNoClients();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatAClientReceivesIsSmallAndNumberedInOrder(boolean zstd) throws Exception {
        CompressedStreams streams = zstd ? CompressedStreams.zstd() : CompressedStreams.zlib();
        try (TestProxy proxy = TestProxy.start(Servers.mysql())) {
            try (RawClient client = RawClient.connectCompressed(proxy.port(), streams)) {
                assertThat(client.value("SELECT 'small'")).isEqualTo("small");
                byte[] row = client.query("SELECT REPEAT('sluice', 200000)").get(2);
                assertThat(row).hasSize(1_200_000 + 4);
                assertThat(streams.savedOnReceiving()).isGreaterThan(50);
                byte[] sql = new byte[20 << 20];
                Arrays.fill(sql, (byte) ' ');
                byte[] query = "SELECT 'at the end'".getBytes(StandardCharsets.US_ASCII);
                System.arraycopy(query, 0, sql, sql.length - query.length, query.length);
                client.send(CommandType.COM_QUERY, sql);
                assertThat(RawClient.text(client.readResults().get(2))).isEqualTo("at the end");
            }
            proxy.awaitQuiet();
        }
    }

    /** The request for the file has sequence id 255, so that the file begins with 0. */
    private static final String ROWS_AND_LOAD = "WITH RECURSIVE s (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s"
            + " WHERE i < 251) SELECT i FROM s; LOAD DATA LOCAL INFILE 'f' INTO TABLE many_packets";

    @ParameterizedTest
    @EnumSource(names = {"OFF", "ZLIB", "ZSTD"})
    void aFileOfManyPacketsIsNumberedOn(CompressionMode mode) throws Exception {
        Servers.mysql()
                .primary()
                .execute("SET GLOBAL local_infile = 1", "CREATE TABLE app.many_packets (id INT, pad VARCHAR(1000))");
        try (TestProxy proxy = TestProxy.options().compression(mode).start(Servers.mysql())) {
            loadManyPackets(proxy, null);
            loadManyPackets(proxy, CompressedStreams.zlib());
            loadManyPackets(proxy, CompressedStreams.zstd());
            proxy.awaitQuiet();
        } finally {
            Servers.mysql().primary().execute("SET GLOBAL local_infile = 0", "DROP TABLE app.many_packets");
        }
    }

    @Test
    void aFileOfManyPacketsIsNumberedOnOnMariaDbToo() throws Exception {
        MariaDbServer.requireInstalled(CompressionIT.class);
        try (LocalCluster cluster = LocalCluster.builder()
                        .flavor(ServerFlavor.executable("mariadbd"))
                        .start();
                TestProxy proxy =
                        TestProxy.options().compression(CompressionMode.ZLIB).start(cluster)) {
            cluster.primary()
                    .execute(
                            "SET GLOBAL local_infile = 1", "CREATE TABLE app.many_packets (id INT, pad VARCHAR(1000))");
            loadManyPackets(proxy, null);
            loadManyPackets(proxy, CompressedStreams.zlib());
            proxy.awaitNoClients();
        }
    }

    private static void loadManyPackets(TestProxy proxy, @Nullable CompressedStreams streams) throws IOException {
        int capabilities = Capabilities.CLIENT_LOCAL_FILES;
        try (RawClient client = streams == null
                ? RawClient.connectWith(proxy.port(), capabilities)
                : RawClient.connectCompressed(proxy.port(), streams, capabilities)) {
            for (int packets : new int[] {700, 250, 3}) {
                client.send(CommandType.COM_QUERY, ROWS_AND_LOAD.getBytes(StandardCharsets.US_ASCII));
                byte[] last = new byte[0];
                for (int i = 0; i < 1 + 1 + 251 + 1 + 1; i++) {
                    last = client.read();
                }
                assertThat(RawClient.first(last)).isEqualTo(0xFB);
                inFile(streams, true);
                byte[][] lines = new byte[packets][];
                for (int i = 0; i < packets; i++) {
                    lines[i] = (i + "\t" + "x".repeat(i) + "\n").getBytes(StandardCharsets.US_ASCII);
                }
                client.sendFile(lines);
                inFile(streams, false);
                assertThat(client.ok(client.read()).affectedRows()).isEqualTo(packets);
                assertThat(client.value("SELECT SUM(LENGTH(pad)) FROM many_packets"))
                        .isEqualTo(Integer.toString(packets * (packets - 1) / 2));
                assertThat(client.query("DELETE FROM many_packets")).hasSize(1);
            }
        }
    }

    private static void inFile(@Nullable CompressedStreams streams, boolean now) {
        if (streams != null) {
            streams.inFile(now);
        }
    }

    @Test
    void rubbishInAFrameEndsItsConnectionAndNoOther() throws Exception {
        try (TestProxy proxy = TestProxy.start(Servers.mysql())) {
            try (RawClient other = proxy.raw()) {
                for (CompressedStreams streams :
                        new CompressedStreams[] {CompressedStreams.zlib(), CompressedStreams.zstd()}) {
                    try (RawClient client = RawClient.connectCompressed(proxy.port(), streams)) {
                        byte[] frame = new byte[7 + 100];
                        new Random(2).nextBytes(frame);
                        System.arraycopy(new byte[] {100, 0, 0, 0, 0, 1, 0}, 0, frame, 0, 7);
                        client.writeWire(frame);
                        client.expectSequence(1);
                        streams.expectSequence(1);
                        assertThat(client.err(client.read()).code()).isEqualTo(1157);
                        assertThat(client.isClosedByServer()).isTrue();
                    }
                    assertThat(other.value("SELECT 1")).isEqualTo("1");
                }
            }
            proxy.awaitQuiet();
        }
    }
}
