package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.CommandType;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every shape of answer in every form that a client can ask for, with and without CLIENT_DEPRECATE_EOF and
 * CLIENT_OPTIONAL_RESULTSET_METADATA, packet by packet as on a direct connection with the same capabilities. Servers are
 * always asked in the newer form.
 */
@Timeout(120)
class ResultFormsIT {
    private static final int OPTIONAL = Capabilities.CLIENT_OPTIONAL_RESULTSET_METADATA;
    private static final int DEPRECATES = Capabilities.CLIENT_DEPRECATE_EOF;
    private static final int BASE = RawClient.CAPABILITIES & ~DEPRECATES;
    private static final int LONGLONG = 8;
    private static final int WITH_CURSOR = 1;

    private static final String[] QUERIES = {
        "SELECT id, v FROM forms ORDER BY id",
        "SELECT id FROM forms WHERE id > 100",
        "SELECT " + "1, ".repeat(299) + "2",
        "DO 1",
        "SELECT CAST('x' AS SIGNED)",
        "SELECT nothing FROM forms",
        "SELECT 1; DO 2; SELECT id FROM forms WHERE FALSE; SELECT v FROM forms ORDER BY id",
        "SELECT 1; SELECT nothing",
        "CALL forms_procedure()",
        "SHOW TABLES LIKE 'forms'",
        "SELECT REPEAT('x', 70000), NULL FROM forms",
    };

    private static TestProxy proxy;

    enum Form {
        NEW(DEPRECATES),
        OLD(0),
        NEW_OPTIONAL(DEPRECATES | OPTIONAL),
        OLD_OPTIONAL(OPTIONAL);

        private final int capabilities;

        Form(int more) {
            capabilities = BASE | more;
        }
    }

    @BeforeAll
    static void start() throws Exception {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE TABLE app.forms (id INT PRIMARY KEY, v VARCHAR(10))",
                        "INSERT INTO app.forms VALUES (1, 'one'), (2, NULL), (3, 'three')",
                        "CREATE PROCEDURE app.forms_procedure() BEGIN SELECT 1; SELECT id FROM forms ORDER BY id; END");
        proxy = TestProxy.start(Servers.mysql());
        proxy.awaitCaughtUp();
    }

    @AfterAll
    static void stop() {
        proxy.close();
        Servers.mysql().primary().execute("DROP TABLE app.forms", "DROP PROCEDURE app.forms_procedure");
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    private static RawClient connect(int port, Form form) throws IOException {
        return RawClient.connectExactly(port, form.capabilities, RawClient.UTF8MB4_0900_AI_CI);
    }

    private static byte[] ascii(String sql) {
        return sql.getBytes(StandardCharsets.US_ASCII);
    }

    /** What may differ is the id of a statement. */
    private static void assertSame(List<byte[]> found, List<byte[]> expected, boolean prepared, String what) {
        assertThat(found).as(what).hasSameSizeAs(expected);
        for (int i = 0; i < found.size(); i++) {
            byte[] left = found.get(i).clone();
            byte[] right = expected.get(i).clone();
            if (prepared && i == 0) {
                Arrays.fill(left, 1, 5, (byte) 0);
                Arrays.fill(right, 1, 5, (byte) 0);
            }
            assertThat(left).as("%s, packet %d", what, i).isEqualTo(right);
        }
    }

    private static void assertAllShapes(RawClient client, RawClient direct, Form form, String state)
            throws IOException {
        ResultForm reader = new ResultForm(form.capabilities);
        for (String sql : QUERIES) {
            assertSame(
                    reader.ask(client, CommandType.COM_QUERY, ascii(sql)),
                    reader.ask(direct, CommandType.COM_QUERY, ascii(sql)),
                    false,
                    state + sql);
        }
        for (String sql : new String[] {
            "SELECT id, v, ? FROM forms ORDER BY id",
            "SELECT v FROM forms WHERE id = 3",
            "DO ?",
            "DO 1",
            "CALL forms_procedure()",
            "SELECT nothing FROM forms"
        }) {
            assertPrepared(client, direct, reader, state, sql);
        }
    }

    private static void assertPrepared(RawClient client, RawClient direct, ResultForm reader, String state, String sql)
            throws IOException {
        List<byte[]> found = reader.ask(client, CommandType.COM_STMT_PREPARE, ascii(sql));
        List<byte[]> expected = reader.ask(direct, CommandType.COM_STMT_PREPARE, ascii(sql));
        boolean failed = RawClient.first(expected.get(0)) == RawClient.ERR;
        assertSame(found, expected, !failed, state + "prepare " + sql);
        if (failed) {
            return;
        }
        int[] ids = {id(found.get(0)), id(expected.get(0))};
        boolean parameter = sql.contains("?");
        for (int flags : new int[] {0, WITH_CURSOR, 0}) {
            List<byte[]> mine = reader.ask(client, CommandType.COM_STMT_EXECUTE, execution(ids[0], flags, parameter));
            List<byte[]> wanted = reader.ask(direct, CommandType.COM_STMT_EXECUTE, execution(ids[1], flags, parameter));
            assertSame(mine, wanted, false, state + "execute " + sql + " with " + flags);
            if (flags == WITH_CURSOR && sql.startsWith("SELECT")) {
                for (int rows : new int[] {1, 10}) {
                    assertSame(
                            reader.ask(client, CommandType.COM_STMT_FETCH, fetch(ids[0], rows)),
                            reader.ask(direct, CommandType.COM_STMT_FETCH, fetch(ids[1], rows)),
                            false,
                            state + "fetch " + sql);
                }
                // A server was seen not to end its answer when a statement that has had a cursor runs without one.
                return;
            }
        }
    }

    private static int id(byte[] prepareOk) {
        return Unpooled.wrappedBuffer(prepareOk).getIntLE(1);
    }

    private static byte[] execution(int id, int flags, boolean parameter) {
        ByteBuf body = Unpooled.buffer().writeIntLE(id).writeByte(flags).writeIntLE(1);
        if (parameter) {
            body.writeByte(0).writeByte(1).writeShortLE(LONGLONG).writeLongLE(7);
        }
        return ByteBufUtil.getBytes(body);
    }

    private static byte[] fetch(int id, int rows) {
        return ByteBufUtil.getBytes(Unpooled.buffer().writeIntLE(id).writeIntLE(rows));
    }

    @ParameterizedTest
    @EnumSource
    void everyShapeIsAsOnADirectConnection(Form form) throws IOException {
        try (RawClient client = connect(proxy.port(), form);
                RawClient direct = connect(proxy.cluster().primary().port(), form)) {
            assertAllShapes(client, direct, form, "");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"NEW_OPTIONAL", "OLD_OPTIONAL"})
    void everyShapeMayComeWithoutMetadata(Form form) throws IOException {
        ResultForm reader = new ResultForm(form.capabilities);
        try (RawClient client = connect(proxy.port(), form);
                RawClient direct = connect(proxy.cluster().primary().port(), form)) {
            for (String value : new String[] {"NONE", "FULL", "NONE"}) {
                byte[] set = ascii("SET resultset_metadata = " + value);
                assertSame(
                        reader.ask(client, CommandType.COM_QUERY, set),
                        reader.ask(direct, CommandType.COM_QUERY, set),
                        false,
                        value);
                assertAllShapes(client, direct, form, value + ": ");
            }
        }
    }

    @Test
    void aSessionWithoutMetadataIsServedByReplicasAndKeepsThatToItself() throws IOException {
        ResultForm reader = new ResultForm(Form.NEW_OPTIONAL.capabilities);
        try (RawClient client = connect(proxy.port(), Form.NEW_OPTIONAL);
                RawClient other = connect(proxy.port(), Form.NEW_OPTIONAL)) {
            reader.ask(client, CommandType.COM_QUERY, ascii("SET resultset_metadata = NONE"));
            for (int i = 0; i < 20; i++) {
                List<byte[]> read =
                        reader.ask(client, CommandType.COM_QUERY, ascii("SELECT v FROM forms WHERE id = 1"));
                assertThat(read).hasSize(3);
                assertThat(RawClient.text(read.get(1))).isEqualTo("one");
                assertThat(reader.ask(other, CommandType.COM_QUERY, ascii("SELECT v FROM forms WHERE id = 1")))
                        .hasSize(4);
            }
            List<byte[]> read = reader.ask(client, CommandType.COM_QUERY, ascii("SELECT @@server_id"));
            assertThat(RawClient.text(read.get(1)))
                    .isNotEqualTo(proxy.cluster().primary().queryValue("SELECT @@server_id"));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"NEW_OPTIONAL", "OLD_OPTIONAL"})
    void whatTheLastStatementHasLeftMayComeWithoutMetadata(Form form) throws Exception {
        ResultForm reader = new ResultForm(form.capabilities);
        byte[] theft = ascii("/* sluice: consistency=none */ SELECT CAST('y' AS SIGNED) FROM forms LIMIT 1");
        try (TestProxy narrow = TestProxy.options().eventLoops(1).connections(1).start(proxy.cluster())) {
            narrow.awaitCaughtUp();
            try (RawClient client = connect(narrow.port(), form);
                    RawClient thief = connect(narrow.port(), form);
                    RawClient direct = connect(proxy.cluster().primary().port(), form)) {
                for (String sql : new String[] {
                    "SET resultset_metadata = NONE",
                    "SELECT CAST('x' AS SIGNED), v FROM forms",
                    "SHOW WARNINGS",
                    "SELECT FOUND_ROWS(), ROW_COUNT()",
                    "SELECT SQL_CALC_FOUND_ROWS v FROM forms LIMIT 1",
                    "SELECT FOUND_ROWS(), ROW_COUNT()",
                }) {
                    assertSame(
                            reader.ask(client, CommandType.COM_QUERY, ascii(sql)),
                            reader.ask(direct, CommandType.COM_QUERY, ascii(sql)),
                            false,
                            sql);
                    for (int i = 0; i < 3; i++) {
                        assertThat(reader.ask(thief, CommandType.COM_QUERY, theft))
                                .hasSizeGreaterThan(2);
                    }
                }
            }
            narrow.awaitQuiet();
        }
    }

    @Test
    void whatSluiceAsksOnItsOwnIsUnderstoodInASessionWithoutMetadata() throws IOException {
        ResultForm reader = new ResultForm(Form.NEW_OPTIONAL.capabilities);
        try (RawClient client = connect(proxy.port(), Form.NEW_OPTIONAL);
                RawClient direct = connect(proxy.cluster().primary().port(), Form.NEW_OPTIONAL)) {
            for (String sql : new String[] {
                "SET resultset_metadata = NONE",
                "CREATE TEMPORARY TABLE forms_ids (id INT AUTO_INCREMENT PRIMARY KEY, v INT)",
                "INSERT INTO forms_ids (v) VALUES (7), (8)",
                "DROP TEMPORARY TABLE forms_ids",
                "SELECT v FROM forms WHERE id = 1",
                "SELECT LAST_INSERT_ID()",
                "SELECT CAST('x' AS SIGNED)",
                "SHOW WARNINGS",
                "SET NAMES latin1 COLLATE latin1_german1_ci",
                "SELECT @@collation_connection",
                "UPDATE forms SET v = 'one' WHERE id = 1",
                "SELECT v FROM forms WHERE id = 1"
            }) {
                assertSame(
                        reader.ask(client, CommandType.COM_QUERY, ascii(sql)),
                        reader.ask(direct, CommandType.COM_QUERY, ascii(sql)),
                        false,
                        sql);
            }
        }
    }

    @Test
    void aClientThatCannotDoWithoutMetadataIsRefusedByTheServer() throws IOException {
        try (RawClient client = connect(proxy.port(), Form.NEW);
                RawClient direct = connect(proxy.cluster().primary().port(), Form.NEW)) {
            String sql = "SET resultset_metadata = NONE";
            assertThat(client.err(client.query(sql).get(0)))
                    .isEqualTo(direct.err(direct.query(sql).get(0)));
        }
    }
}
