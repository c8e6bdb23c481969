package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.ServerStatus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The wire as a client sees it: bytes equal to those of a direct connection, large packets, broken clients. */
@Timeout(90)
class ProtocolIT {
    private static final int MIB = 1024 * 1024;
    private static TestProxy proxy;

    private static final String[] QUERIES = {
        "SELECT 1",
        "SELECT 1, 'a', NULL, 1.5, 1e10, x'00ff', DATE'2026-01-02', TIME'10:11:12.123', TIMESTAMP'2026-01-02 03:04:05.6'",
        "SELECT * FROM wire.types ORDER BY id",
        "SELECT * FROM wire.types WHERE 1 = 0",
        "SELECT t FROM wire.types WHERE id = 1",
        "SELECT REPEAT('x', 250), REPEAT('y', 251), REPEAT('z', 65535), REPEAT('w', 65536)",
        "SELECT COUNT(*), SUM(d), AVG(d), MAX(dt), MIN(ts), GROUP_CONCAT(e) FROM wire.types",
        "SELECT CAST('{\"a\": [1, 2]}' AS JSON), JSON_EXTRACT(j, '$.k') FROM wire.types",
        "SELECT ST_GeomFromText('POINT(1 2)')",
        "SELECT 'ä€🙂', _latin1 x'e4', _utf8mb4 'ä' COLLATE utf8mb4_bin",
        "SELECT * FROM wire.nothing",
        "SELECT nonsense FROM wire.types",
        "SELEC 1",
        "SELECT 18446744073709551615, -9223372036854775808, 0.000000000000000000000000000001",
        "SELECT (SELECT 1 UNION SELECT 2)",
        "INSERT INTO wire.types (id) VALUES (1)",
        "UPDATE wire.types SET i = i WHERE id = 1",
        "SELECT * FROM wire.types AS a JOIN wire.types AS b LIMIT 3",
        "CALL wire.two()",
        "SHOW COLUMNS FROM wire.types",
        "EXPLAIN SELECT 1",
        "DO 1",
        "SET @a = 1",
        "SELECT 1; SELECT 'two'; SELECT * FROM wire.nothing",
        "SELECT 1; DO 1; SELECT 2",
    };

    @BeforeAll
    static void start() throws Exception {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE DATABASE wire",
                        "GRANT ALL ON wire.* TO 'app'@'%'",
                        "GRANT ALL ON wire.* TO 'native'@'%'",
                        "USE wire",
                        "CREATE TABLE types (id INT PRIMARY KEY, t TINYINT, s SMALLINT UNSIGNED, m MEDIUMINT, i INT, b BIGINT"
                                + " UNSIGNED, d DECIMAL(20,5), f FLOAT, g DOUBLE, bi BIT(9), c CHAR(5), vc VARCHAR(300), bn"
                                + " BINARY(4), vb VARBINARY(20), tx TEXT, lb LONGBLOB, e ENUM('a','b'), st SET('x','y','z'), da DATE,"
                                + " ti TIME(3), dt DATETIME(6), ts TIMESTAMP NULL, y YEAR, j JSON, p POINT)",
                        "INSERT INTO types VALUES (1, -1, 2, -3, 4, 18446744073709551615, 12345.67890, 1.5, 2.25, b'101010101',"
                                + " 'ab', 'ä€🙂', x'01020304', x'00', 'text', x'ff', 'b', 'x,z', '2026-01-02', '-10:11:12.345',"
                                + " '2026-01-02 03:04:05.678901', '2026-01-02 03:04:05', 2026, '{\"k\": 1}', POINT(1, 2))",
                        "INSERT INTO types (id) VALUES (2)",
                        "CREATE PROCEDURE two() BEGIN SELECT 1 AS one; SELECT * FROM types WHERE id = 1; END");
        proxy = TestProxy.start(Servers.mysql());
        proxy.awaitCaughtUp();
    }

    @AfterAll
    static void stop() {
        proxy.close();
        Servers.mysql().primary().execute("DROP DATABASE wire");
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    private static RawClient direct(int... without) throws IOException {
        return RawClient.connect(Servers.mysql().primary().port(), without);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, Capabilities.CLIENT_DEPRECATE_EOF})
    void answersAreThoseOfADirectConnectionByteForByte(int without) throws IOException {
        try (RawClient proxied = proxy.raw(without);
                RawClient direct = direct(without)) {
            for (String sql : QUERIES) {
                assertSame(proxied.query(sql), direct.query(sql), sql);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, Capabilities.CLIENT_DEPRECATE_EOF})
    void binaryRowsAreThoseOfADirectConnection(int without) throws IOException {
        // Another run of this test has written on the direct connection, too.
        proxy.awaitCaughtUp();
        try (RawClient proxied = proxy.raw(without);
                RawClient direct = direct(without)) {
            for (String sql : List.of(
                    "SELECT * FROM wire.types WHERE id <> ? ORDER BY id",
                    "SELECT ?",
                    "UPDATE wire.types SET i = IFNULL(i, 0) + ? WHERE id = 2",
                    "SELECT id FROM wire.types WHERE id > ? FOR UPDATE")) {
                int here = proxied.prepare(sql);
                int there = direct.prepare(sql);
                for (int i = 0; i < 3; i++) {
                    assertSame(proxied.execute(here, 100 + i, true), direct.execute(there, 100 + i, true), sql);
                }
            }
        }
    }

    @Test
    void everyOtherCommandIsRefusedAndTheConnectionLives() throws IOException {
        Set<Integer> served = new HashSet<>(List.of(
                0x01, 0x02, 0x03, 0x04, 0x09, 0x0C, 0x0E, 0x11, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x1B, 0x1C, 0x1F));
        try (RawClient client = proxy.raw()) {
            for (int command = 0; command <= 40; command++) {
                if (!served.contains(command)) {
                    client.send(command, new byte[] {1, 2, 3});
                    assertThat(client.err(client.read()).code())
                            .as("command " + command)
                            .isEqualTo(1047);
                }
            }
            client.send(255, new byte[0]);
            assertThat(client.err(client.read()).sqlState()).isEqualTo("08S01");
            assertThat(client.value("SELECT 1")).isEqualTo("1");
        }
    }

    @Test
    void theSmallCommandsAnswerAsAServerDoes() throws IOException {
        try (RawClient client = proxy.raw();
                RawClient direct = direct()) {
            assertThat(client.ask(CommandType.COM_PING, new byte[0]))
                    .isEqualTo(direct.ask(CommandType.COM_PING, new byte[0]));
            assertThat(new String(client.ask(CommandType.COM_STATISTICS, new byte[0]), StandardCharsets.US_ASCII))
                    .startsWith("Uptime: ");
            byte[] schema = "wire".getBytes(StandardCharsets.US_ASCII);
            assertThat(RawClient.first(client.ask(CommandType.COM_INIT_DB, schema)))
                    .isEqualTo(RawClient.OK);
            assertThat(client.value("SELECT DATABASE()")).isEqualTo("wire");
            assertThat(client.err(client.ask(CommandType.COM_INIT_DB, new byte[] {'n', 'o'}))
                            .code())
                    .isEqualTo(1044);
            assertThat(client.value("SELECT DATABASE()")).isEqualTo("wire");
            assertThat(RawClient.first(client.ask(CommandType.COM_SET_OPTION, new byte[] {1, 0})))
                    .isEqualTo(RawClient.EOF);
            assertThat(client.err(client.query("SELECT 1; SELECT 2").get(0)).code())
                    .isEqualTo(1064);
            assertThat(RawClient.first(client.ask(CommandType.COM_SET_OPTION, new byte[] {0, 0})))
                    .isEqualTo(RawClient.EOF);
            assertThat(client.query("SELECT 1; SELECT 2")).hasSize(8);
            assertThat(RawClient.first(client.ask(CommandType.COM_SET_OPTION, new byte[] {7, 0})))
                    .isEqualTo(RawClient.ERR);
            direct.query("USE wire");
            List<byte[]> here = new ArrayList<>();
            List<byte[]> there = new ArrayList<>();
            client.send(CommandType.COM_FIELD_LIST, "types\0".getBytes(StandardCharsets.US_ASCII));
            int unused = client.readRows(here);
            direct.send(CommandType.COM_FIELD_LIST, "types\0".getBytes(StandardCharsets.US_ASCII));
            int unusedToo = direct.readRows(there);
            assertSame(here, there, "COM_FIELD_LIST");
        }
    }

    @Test
    void pipelinedCommandsAreAnsweredInOrder() throws IOException {
        try (RawClient client = proxy.raw()) {
            java.io.ByteArrayOutputStream all = new java.io.ByteArrayOutputStream();
            for (int i = 0; i < 200; i++) {
                byte[] sql = (i % 4 == 0 ? "DO " + i : "SELECT " + i).getBytes(StandardCharsets.US_ASCII);
                all.write(new byte[] {(byte) (sql.length + 1), 0, 0, 0, 3});
                all.write(sql);
            }
            client.writeBytes(all.toByteArray());
            for (int i = 0; i < 200; i++) {
                client.expectSequence(1);
                List<byte[]> packets = client.readResults();
                if (i % 4 == 0) {
                    assertThat(packets).hasSize(1);
                } else {
                    assertThat(RawClient.text(packets.get(2))).isEqualTo(Integer.toString(i));
                }
            }
        }
    }

    @Test
    void aCommandThatArrivesByteByByteIsServed() throws IOException {
        try (RawClient client = proxy.raw()) {
            byte[] packet = {9, 0, 0, 0, 3, 'S', 'E', 'L', 'E', 'C', 'T', ' ', '7'};
            for (byte b : packet) {
                client.writeBytes(new byte[] {b});
            }
            List<byte[]> packets = client.readResults();
            assertThat(RawClient.text(packets.get(2))).isEqualTo("7");
        }
    }

    @Test
    void aWrongSequenceIdEndsTheConnectionWithAnError() throws IOException {
        try (RawClient client = proxy.raw()) {
            client.write(5, new byte[] {3, 'S', 'E', 'L', 'E', 'C', 'T', ' ', '1'});
            client.expectSequence(1);
            assertThat(client.err(client.read()).code()).isEqualTo(1156);
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @Test
    void anEmptyCommandEndsTheConnectionOnly() throws IOException {
        try (RawClient client = proxy.raw()) {
            client.writeBytes(new byte[] {0, 0, 0, 0});
            assertThat(client.isClosedByServer()).isTrue();
        }
        assertServes();
    }

    @Test
    void garbageInPlaceOfALoginEndsTheConnectionOnly() throws IOException {
        Random random = new Random(11);
        for (int i = 0; i < 60; i++) {
            try (RawClient client = RawClient.open(proxy.port())) {
                assertThat(client.read()).isNotEmpty();
                byte[] garbage = new byte[1 + random.nextInt(200)];
                random.nextBytes(garbage);
                // A length that does not ask for more than there is, so that no timeout decides.
                int length = Math.max(0, garbage.length - 4);
                if (garbage.length >= 4) {
                    garbage[0] = (byte) length;
                    garbage[1] = 0;
                    garbage[2] = 0;
                    if (garbage.length > 5) {
                        // No request for TLS: a handshake is waited for until the time for logins is over.
                        garbage[5] &= ~0x08;
                    }
                    garbage[3] = random.nextBoolean() ? 1 : garbage[3];
                    client.writeBytes(garbage);
                    assertThat(client.isClosedByServer()).isTrue();
                }
            }
        }
        assertServes();
    }

    @Test
    void garbageInPlaceOfArgumentsIsAnErrorOrTheEndAndNobodyElseNotices() throws Exception {
        Random random = new Random(12);
        int[] commands = {0x02, 0x03, 0x04, 0x11, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x1B, 0x1C};
        try (RawClient witness = proxy.raw()) {
            for (int i = 0; i < 120; i++) {
                byte[] arguments = new byte[random.nextInt(40)];
                random.nextBytes(arguments);
                try (RawClient client = proxy.raw()) {
                    int prepared = client.prepare("SELECT ?");
                    if (arguments.length > 4 && random.nextBoolean()) {
                        System.arraycopy(RawClient.int4(prepared), 0, arguments, 0, 4);
                    }
                    client.send(commands[i % commands.length], arguments);
                }
                assertThat(witness.value("SELECT " + i)).isEqualTo(Integer.toString(i));
            }
        }
        await().atMost(TestProxy.SOON).until(() -> proxy.server().sessions().sessions() == 0);
        assertServes();
    }

    @Test
    void aClientThatLeavesInTheMiddleOfAResultOrACommandLeavesNothingBehind() throws Exception {
        for (int i = 0; i < 10; i++) {
            try (RawClient client = proxy.raw()) {
                client.send(
                        CommandType.COM_QUERY,
                        "SELECT REPEAT('x', 1048576) FROM information_schema.collations LIMIT 40"
                                .getBytes(StandardCharsets.US_ASCII));
                assertThat(client.read()).isNotEmpty();
            }
            try (RawClient client = proxy.raw()) {
                client.writeBytes(new byte[] {0, 0, 64, 0, 3, 'S', 'E', 'L'});
            }
            try (RawClient client = proxy.raw()) {
                byte[] half = new byte[3 * MIB];
                half[2] = 100;
                half[4] = 3;
                client.writeBytes(half);
            }
        }
        assertServes();
    }

    private static void assertSame(List<byte[]> actual, List<byte[]> expected, String what) {
        for (int i = 0; i < Math.min(actual.size(), expected.size()); i++) {
            assertThat(HexFormat.of().formatHex(comparable(actual.get(i))))
                    .as("%s, packet %d", what, i)
                    .isEqualTo(HexFormat.of().formatHex(comparable(expected.get(i))));
        }
        assertThat(actual).as(what).hasSameSizeAs(expected);
    }

    /** Whether an index was used and more results follow, the proxy learns behind the rows, not between columns and rows. */
    private static byte[] comparable(byte[] packet) {
        byte[] comparable = packet.clone();
        if (packet.length == 5 && RawClient.first(packet) == RawClient.EOF) {
            comparable[3] &= ~(ServerStatus.SERVER_QUERY_NO_INDEX_USED
                    | ServerStatus.SERVER_QUERY_NO_GOOD_INDEX_USED
                    | ServerStatus.SERVER_MORE_RESULTS_EXISTS);
        }
        return comparable;
    }

    private static void assertServes() throws IOException {
        try (RawClient client = proxy.raw()) {
            assertThat(client.value("SELECT 1")).isEqualTo("1");
            assertThat(client.value("SELECT 2 FROM DUAL FOR UPDATE")).isEqualTo("2");
        }
    }
}
