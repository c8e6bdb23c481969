package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.mysql.cj.jdbc.JdbcStatement;
import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.packet.HandshakeV10;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.ServerFlavor;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Attributes of queries and of executions. The servers of the tests have no component that shows them, so it is looked at
 * what the primary is sent; and a server that expects attributes takes nothing else.
 */
@Timeout(120)
class QueryAttributesIT {
    private static final int ATTRIBUTES = Capabilities.CLIENT_QUERY_ATTRIBUTES;
    private static final int FORM = RawClient.CAPABILITIES | ATTRIBUTES;
    private static final int VAR_STRING = 0xFD;
    private static final int LONGLONG = 8;
    private static final int COUNTED = 8;

    private static RecordingRelay primary;
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE TABLE app.attributed (id INT PRIMARY KEY, v VARCHAR(10))",
                        "INSERT INTO app.attributed VALUES (1, 'one')");
        primary = RecordingRelay.to(Servers.mysql().primary());
        proxy = TestProxy.options().primaryAt(primary.address()).start(Servers.mysql());
        proxy.awaitCaughtUp();
    }

    @AfterAll
    static void stop() throws IOException {
        proxy.close();
        primary.close();
        Servers.mysql().primary().execute("DROP TABLE app.attributed");
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    private static RawClient connect(int port) throws IOException {
        return RawClient.connectWith(port, ATTRIBUTES);
    }

    /** Numbers are bytes, strings are ASCII. */
    private static byte[] bytes(Object... parts) {
        ByteBuf all = Unpooled.buffer();
        for (Object part : parts) {
            if (part instanceof Integer number) {
                all.writeByte(number);
            } else if (part instanceof byte[] raw) {
                all.writeBytes(raw);
            } else {
                all.writeCharSequence((String) part, StandardCharsets.US_ASCII);
            }
        }
        return ByteBufUtil.getBytes(all);
    }

    /** An attribute that no other test has. */
    private static byte[] attribute(String name, String value) {
        return bytes(1, 1, 0, 1, VAR_STRING, 0, name.length(), name, value.length(), value);
    }

    private static List<byte[]> ask(RawClient client, byte[] body) throws IOException {
        return new ResultForm(FORM).ask(client, CommandType.COM_QUERY, body);
    }

    private static String value(RawClient client, String sql) throws IOException {
        List<byte[]> packets = ask(client, bytes(0, 1, sql));
        assertThat(RawClient.first(packets.get(0))).as(sql).isEqualTo(1);
        return RawClient.text(packets.get(2));
    }

    @Test
    void attributesOfQueriesReachTheServersWithEveryStatement() throws IOException {
        try (RawClient client = connect(proxy.port())) {
            for (String sql : new String[] {
                "SELECT v FROM attributed WHERE id = 1 FOR UPDATE",
                "UPDATE attributed SET v = 'one' WHERE id = 1",
                "SET @one = 1",
                "SELECT 1; DO 2"
            }) {
                byte[] attribute = attribute("trace" + sql.length(), "of " + sql.length());
                List<byte[]> answer = ask(client, bytes(attribute, sql));
                assertThat(RawClient.first(answer.get(0))).as(sql).isNotEqualTo(RawClient.ERR);
                assertThat(primary.hasSent(bytes(attribute, sql))).as(sql).isTrue();
            }
            assertThat(value(client, "SELECT @one")).isEqualTo("1");
        }
    }

    @Test
    void readsWithAttributesAreForReplicas() throws IOException {
        try (RawClient client = connect(proxy.port())) {
            for (int i = 0; i < 10; i++) {
                byte[] attribute = attribute("replica", Integer.toString(i));
                assertThat(RawClient.text(ask(client, bytes(attribute, "SELECT v FROM attributed WHERE id = 1"))
                                .get(2)))
                        .isEqualTo("one");
                List<byte[]> route = ask(client, bytes(0, 1, "SHOW SLUICE ROUTE"));
                assertThat(new String(route.get(5), StandardCharsets.ISO_8859_1))
                        .contains("replica");
            }
            assertThat(primary.hasSent(bytes("SELECT v FROM attributed WHERE id = 1\0")))
                    .isFalse();
        }
    }

    @Test
    void attributesOfAStatementInPiecesArriveToo() throws IOException {
        byte[] attribute = attribute("large", "statement");
        try (RawClient client = connect(proxy.port())) {
            String sql = "SELECT " + " ".repeat(Packets.MAX_PAYLOAD_LENGTH + 1000) + "'at the end'";
            assertThat(RawClient.text(ask(client, bytes(attribute, sql)).get(2)))
                    .isEqualTo("at the end");
            assertThat(primary.hasSent(attribute)).isTrue();
            assertThat(RawClient.text(ask(client, bytes(0, 1, sql)).get(2))).isEqualTo("at the end");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theDriversAttributesArrive(boolean prepared) throws Exception {
        String name = prepared ? "byPrepared" : "byText";
        try (Connection connection = proxy.connect("useServerPrepStmts=" + prepared);
                PreparedStatement statement =
                        connection.prepareStatement("SELECT v FROM attributed WHERE id = ? FOR UPDATE")) {
            for (int i = 0; i < 3; i++) {
                statement.setInt(1, 1);
                statement.unwrap(JdbcStatement.class).setAttribute(name, "value " + i);
                try (ResultSet row = statement.executeQuery()) {
                    assertThat(row.next()).isTrue();
                    assertThat(row.getString(1)).isEqualTo("one");
                }
                assertThat(primary.hasSent(bytes(name))).isTrue();
                assertThat(primary.hasSent(bytes("value " + i))).isTrue();
            }
            try (Statement read = connection.createStatement()) {
                // It may have to catch up with what the session has seen on the primary.
                await().atMost(TestProxy.SOON).until(() -> {
                    read.unwrap(JdbcStatement.class).setAttribute(name, "for a replica");
                    try (ResultSet row = read.executeQuery("SELECT v FROM attributed")) {
                        assertThat(row.next()).isTrue();
                    }
                    return Sql.route(connection).role().equals("replica");
                });
            }
        }
    }

    @Test
    void whateverAQueryCarriesIsAnsweredAsByTheServer() throws IOException {
        byte[][] bodies = {
            bytes(0, 1, "SELECT 1"),
            bytes(1, 1, 0, 1, VAR_STRING, 0, 1, "x", 3, "abc", "SELECT 1"),
            bytes(1, 1, 1, 1, VAR_STRING, 0, 1, "x", "SELECT 1"),
            bytes(1, 1, 0, 1, LONGLONG, 0x80, 1, "x", 1, 0, 0, 0, 0, 0, 0, 0, "SELECT 1"),
            bytes(1, 1, 0, 1, 12, 0, 1, "x", 4, 1, 0, 0, 0, "SELECT 1"),
            bytes(2, 1, 2, 1, 3, 0, 1, "x", VAR_STRING, 0, 0, 5, 0, 0, 0, "SELECT 1"),
            bytes(0xFC, 0, 0, 1, "SELECT 1"),
            // What follows is refused, and the session goes on.
            bytes(1, 1, 0, 0, "SELECT 1"),
            bytes(0, 0, "SELECT 1"),
            bytes(0, 2, "SELECT 1"),
            bytes("SELECT 1"),
            bytes(1, 1, 0, 1, VAR_STRING),
            bytes(),
            bytes(0),
            bytes(0, 1),
            bytes(0xFD, 0xFF, 0xFF, 0xFF, 1, "SELECT 1"),
        };
        try (RawClient client = connect(proxy.port());
                RawClient direct = connect(proxy.cluster().primary().port())) {
            for (int i = 0; i < bodies.length; i++) {
                assertThat(ask(client, bodies[i])).as("body %d", i).containsExactlyElementsOf(ask(direct, bodies[i]));
                assertThat(value(client, "SELECT 'alive'")).isEqualTo("alive");
            }
        }
    }

    private static byte[] id(int statement) {
        return RawClient.int4(statement);
    }

    private static byte[] big(int value) {
        return bytes(RawClient.int4(value), RawClient.int4(0));
    }

    /** What may stand behind the id and the flags of an execution with one parameter. */
    private static final byte[][] EXECUTIONS = {
        bytes(COUNTED, 1, 0, 0, 0, 1, 0, 1, LONGLONG, 0, 0, big(6)),
        bytes(COUNTED, 1, 0, 0, 0, 1, 0, 0, big(7)),
        bytes(0, 1, 0, 0, 0, 0, 0, big(8)),
        bytes(COUNTED, 1, 0, 0, 0, 2, 0, 1, LONGLONG, 0, 0, VAR_STRING, 0, 1, "x", big(9), 3, "abc"),
        bytes(COUNTED, 1, 0, 0, 0, 2, 0, 0, big(10), 3, "abc"),
        bytes(COUNTED, 1, 0, 0, 0, 1, 0, 0, big(11)),
        bytes(COUNTED, 1, 0, 0, 0, 2, 2, 1, LONGLONG, 0, 0, VAR_STRING, 0, 1, "x", big(12)),
        bytes(COUNTED, 1, 0, 0, 0, 1, 1, 0),
        bytes(COUNTED, 1, 0, 0, 0, 0),
        bytes(COUNTED, 1, 0, 0, 0, 1, 0, 1, VAR_STRING, 0, 0, 5, "other"),
        bytes(COUNTED, 1, 0, 0, 0, 1, 0, 0, 5, "again"),
    };

    @ParameterizedTest
    @ValueSource(strings = {"SELECT ?", "SELECT ?, v FROM attributed FOR UPDATE", "SELECT ? + 1 FROM attributed"})
    void executionsWithAttributesAreAnsweredAsByTheServer(String sql) throws IOException {
        ResultForm form = new ResultForm(FORM);
        try (RawClient client = connect(proxy.port());
                RawClient direct = connect(proxy.cluster().primary().port())) {
            int mine = client.prepare(sql);
            int theirs = direct.prepare(sql);
            for (int i = 0; i < EXECUTIONS.length; i++) {
                List<byte[]> found = form.ask(client, CommandType.COM_STMT_EXECUTE, bytes(id(mine), EXECUTIONS[i]));
                List<byte[]> expected =
                        form.ask(direct, CommandType.COM_STMT_EXECUTE, bytes(id(theirs), EXECUTIONS[i]));
                assertThat(found).as("execution %d", i).containsExactlyElementsOf(expected);
            }
        }
    }

    @Test
    void executionsWithoutTypesWorkOnEveryServer() throws IOException {
        ResultForm form = new ResultForm(FORM);
        try (RawClient client = connect(proxy.port())) {
            int statement = client.prepare("SELECT ? + 1 FROM attributed");
            for (int i = 0; i < 30; i++) {
                byte[] execution = i == 0
                        ? bytes(COUNTED, 1, 0, 0, 0, 1, 0, 1, LONGLONG, 0, 0, big(i))
                        : bytes(COUNTED, 1, 0, 0, 0, 1, 0, 0, big(i));
                if (i % 4 == 1) {
                    ask(client, bytes(0, 1, "BEGIN"));
                }
                List<byte[]> answer = form.ask(client, CommandType.COM_STMT_EXECUTE, bytes(id(statement), execution));
                assertThat(answer).as("execution %d", i).hasSize(4);
                assertThat(answer.get(2)[2]).isEqualTo((byte) (i + 1));
                if (i % 4 == 1) {
                    ask(client, bytes(0, 1, "COMMIT"));
                }
            }
        }
    }

    @Test
    void aStatementWithoutParametersMayHaveAttributes() throws IOException {
        ResultForm form = new ResultForm(FORM);
        try (RawClient client = connect(proxy.port());
                RawClient direct = connect(proxy.cluster().primary().port())) {
            int mine = client.prepare("SELECT 2 FOR UPDATE");
            int theirs = direct.prepare("SELECT 2 FOR UPDATE");
            byte[][] executions = {
                bytes(0, 1, 0, 0, 0),
                bytes(COUNTED, 1, 0, 0, 0, 0),
                bytes(COUNTED, 1, 0, 0, 0),
                bytes(COUNTED, 1, 0, 0, 0, 1, 0, 1, VAR_STRING, 0, 8, "no params", 3, "abc"),
                bytes(COUNTED, 1, 0, 0, 0, 1, 0, 1, VAR_STRING, 0, 9, "no params", 3, "abc"),
                bytes(COUNTED, 1, 0, 0, 0, 1, 0, 0, 3, "abc"),
            };
            for (int i = 0; i < executions.length; i++) {
                assertThat(form.ask(client, CommandType.COM_STMT_EXECUTE, bytes(id(mine), executions[i])))
                        .as("execution %d", i)
                        .containsExactlyElementsOf(
                                form.ask(direct, CommandType.COM_STMT_EXECUTE, bytes(id(theirs), executions[i])));
            }
            assertThat(primary.hasSent(bytes("no params"))).isTrue();
        }
    }

    @Test
    void mariaDbOffersNoneAndSoDoesSluice() throws Exception {
        MariaDbServer.requireInstalled(QueryAttributesIT.class);
        try (LocalCluster cluster = LocalCluster.builder()
                        .flavor(ServerFlavor.executable("mariadbd"))
                        .start();
                TestProxy mariaDb = TestProxy.start(cluster)) {
            try (RawClient client = RawClient.open(mariaDb.port())) {
                HandshakeV10 greeting = HandshakeV10.decode(Unpooled.wrappedBuffer(client.read()), 0);
                int optional = ATTRIBUTES | Capabilities.CLIENT_OPTIONAL_RESULTSET_METADATA;
                assertThat(greeting.capabilities() & optional).isZero();
            }
            try (Connection connection = mariaDb.connect();
                    Statement statement = connection.createStatement()) {
                statement.unwrap(JdbcStatement.class).setAttribute("not", "taken");
                try (ResultSet row = statement.executeQuery("SELECT 1")) {
                    assertThat(row.next()).isTrue();
                }
            }
        }
    }
}
