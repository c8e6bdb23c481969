package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.server.localcluster.LocalServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A real server is the judge of the classifier's corpus: what is marked as a read must be one. */
@Timeout(120)
class CorpusIT {
    /** What a server says to a statement that writes where it must not. */
    private static final Set<Integer> WRITES = Set.of(1290, 1792, 1836);

    @BeforeAll
    static void start() {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE DATABASE test",
                        "GRANT ALL ON test.* TO 'native'@'%'",
                        "CREATE TABLE test.t (id INT PRIMARY KEY, v INT, name VARCHAR(64), doc JSON)",
                        "CREATE TABLE test.u (id INT PRIMARY KEY, t_id INT, amount DECIMAL(10,2))",
                        "INSERT INTO test.t VALUES (1, 1, 'a', '{\"a\": 1}'), (2, 2, 'b', '[]')",
                        "INSERT INTO test.u VALUES (1, 1, 10.5)");
        Servers.mysql().awaitReplicated(TestProxy.SOON);
    }

    @AfterAll
    static void stop() {
        Servers.mysql().primary().execute("DROP DATABASE test");
    }

    @Test
    void noStatementMarkedAsAReadWritesOnARealReplica() throws IOException {
        LocalServer replica = Servers.mysql().replicas().get(0);
        List<String> writers = new ArrayList<>();
        TreeMap<Integer, List<String>> refused = new TreeMap<>();
        int run = 0;
        try (RawClient client = RawClient.connect(replica.port())) {
            for (CorpusLine line : CorpusLine.all()) {
                if (!line.read()) {
                    continue;
                }
                run++;
                byte[] answer = run(client, line);
                if (RawClient.first(answer) == RawClient.ERR) {
                    ErrPacket error = client.err(answer);
                    if (WRITES.contains(error.code())) {
                        writers.add(line.text() + " -> " + error.code());
                    }
                    refused.computeIfAbsent(error.code(), code -> new ArrayList<>())
                            .add(line.text() + " -> " + error.message());
                }
            }
        }
        assertThat(writers).isEmpty();
        assertThat(run).isGreaterThan(200);
        // Exactly what the test lacks: a value for a parameter, a full-text index for two statements, a partition.
        TreeMap<Integer, Integer> counts = new TreeMap<>();
        refused.forEach((code, statements) -> counts.put(code, statements.size()));
        assertThat(counts).as(refused.toString()).isEqualTo(Map.of(1064, 1, 1191, 2, 1747, 1));
    }

    private static byte[] run(RawClient client, CorpusLine line) throws IOException {
        byte[] reset = client.ask(CommandType.COM_RESET_CONNECTION, new byte[0]);
        assertThat(RawClient.first(reset)).isEqualTo(RawClient.OK);
        ok(client, "USE test");
        ok(client, "SET NAMES " + line.charset());
        ok(client, "SET SESSION sql_mode = CONCAT(@@sql_mode, '," + line.sqlModes() + "')");
        ok(client, "START TRANSACTION READ ONLY");
        client.send(CommandType.COM_QUERY, line.statement());
        List<byte[]> packets = client.readResults();
        return packets.get(packets.size() - 1);
    }

    private static void ok(RawClient client, String sql) throws IOException {
        byte[] answer = client.query(sql).get(0);
        assertThat(RawClient.first(answer)).as(sql).isEqualTo(RawClient.OK);
    }
}
