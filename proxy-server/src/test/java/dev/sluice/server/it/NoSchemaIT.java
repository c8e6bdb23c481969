package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.CommandType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients with CLIENT_NO_SCHEMA, for which a server overlooks the schema in front of a name: they share with nobody else. */
@Timeout(60)
class NoSchemaIT {
    private static final List<String> STATEMENTS = List.of(
            "SELECT v FROM unnamed.t",
            "SELECT v FROM nowhere.t",
            "SELECT unnamed.t.v FROM t",
            "SELECT nowhere.t.v FROM t",
            "SELECT mysql.t.v FROM mysql.t",
            "SHOW COLUMNS FROM nowhere.t",
            "INSERT INTO nowhere.w VALUES (1)",
            "DELETE FROM nowhere.w",
            "BEGIN",
            "SELECT v FROM nowhere.t FOR UPDATE",
            "COMMIT",
            "SHOW SESSION VARIABLES LIKE 'session_track_schema'",
            "SET SESSION session_track_schema = OFF",
            "SELECT @@session_track_schema",
            "SELECT CAST('x' AS SIGNED)",
            "SHOW WARNINGS");

    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE DATABASE unnamed",
                        "GRANT ALL ON unnamed.* TO 'native'@'%'",
                        "CREATE TABLE unnamed.t (v INT)",
                        "INSERT INTO unnamed.t VALUES (7)",
                        "CREATE TABLE unnamed.w (v INT)");
        proxy = TestProxy.options().eventLoops(1).connections(1).start(Servers.mysql());
        proxy.awaitCaughtUp();
    }

    @AfterAll
    static void stop() {
        proxy.close();
        Servers.mysql().primary().execute("DROP DATABASE unnamed");
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    @Test
    void theSchemaInFrontOfANameIsOverlookedForThemAndForNobodyElse() throws IOException {
        int primary = Servers.mysql().primary().port();
        List<String> without = conversation(primary, 0);
        List<String> with = conversation(primary, Capabilities.CLIENT_NO_SCHEMA);
        assertThat(with).isNotEqualTo(without);
        for (int i = 0; i < 3; i++) {
            assertThat(conversation(proxy.port(), Capabilities.CLIENT_NO_SCHEMA))
                    .isEqualTo(with);
            assertThat(conversation(proxy.port(), 0)).isEqualTo(without);
        }
    }

    /** As text, prepared, and behind a reset. */
    private static List<String> conversation(int port, int capability) throws IOException {
        List<String> answers = new ArrayList<>();
        try (RawClient client = RawClient.connectWith(port, capability)) {
            client.query("USE unnamed");
            for (String statement : STATEMENTS) {
                answers.add(statement + ": " + described(client, client.query(statement)));
            }
            client.send(
                    CommandType.COM_STMT_PREPARE,
                    "SELECT v FROM nowhere.t WHERE v < ?".getBytes(StandardCharsets.US_ASCII));
            List<byte[]> prepared = client.readPrepared();
            byte[] head = prepared.get(0);
            if (RawClient.first(head) == RawClient.OK) {
                answers.add(described(client, client.execute((head[1] & 0xFF) | (head[2] & 0xFF) << 8, 9, true)));
            } else {
                answers.add(described(client, prepared));
            }
            byte[] unused = client.ask(CommandType.COM_RESET_CONNECTION, new byte[0]);
            answers.add(described(client, client.query(STATEMENTS.get(1))));
        }
        return answers;
    }

    private static String described(RawClient client, List<byte[]> packets) {
        byte[] last = packets.get(packets.size() - 1);
        return RawClient.first(last) == RawClient.ERR ? client.err(last).toString() : packets.size() + " packets";
    }
}
