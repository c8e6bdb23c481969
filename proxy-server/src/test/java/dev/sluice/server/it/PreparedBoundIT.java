package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.router.topology.BackendStatus;
import dev.sluice.server.localcluster.LocalServer;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server's max_prepared_stmt_count is for all its clients: Sluice takes a quarter of it, whoever prepares how much. */
@Timeout(90)
class PreparedBoundIT {
    private static final int SERVER_MAX = 20;
    private static final int CONNECTIONS = 4;
    /** A quarter, and one for each connection at most. */
    private static final int BOUND = SERVER_MAX / 4 + CONNECTIONS;

    private static final int STATEMENTS = 50;
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        for (LocalServer server : Servers.mysql().servers()) {
            server.execute("SET GLOBAL max_prepared_stmt_count = " + SERVER_MAX);
        }
        proxy = TestProxy.options().eventLoops(2).connections(CONNECTIONS).start(Servers.mysql());
        await().atMost(Duration.ofSeconds(20))
                .until(() -> proxy.server().topology().backends().stream()
                        .map(BackendStatus::facts)
                        .allMatch(facts -> facts != null && facts.preparedStatementsMax() == SERVER_MAX));
    }

    @AfterAll
    static void stop() {
        proxy.close();
        for (LocalServer server : Servers.mysql().servers()) {
            server.execute("SET GLOBAL max_prepared_stmt_count = 16382");
        }
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    private static void assertBounded(LocalServer server) {
        assertThat(prepared(server)).isLessThanOrEqualTo(BOUND);
    }

    private static int prepared(LocalServer server) {
        return Integer.parseInt(
                server.queryValue(
                        "SELECT variable_value FROM performance_schema.global_status WHERE variable_name = 'Prepared_stmt_count'"));
    }

    private static void assertRuns(RawClient client, int id, int parameter) throws IOException {
        List<byte[]> packets = client.execute(id, parameter, true);
        assertThat(RawClient.first(packets.get(0))).isEqualTo(1);
        assertThat(Unpooled.wrappedBuffer(packets.get(packets.size() - 2)).getLongLE(2))
                .isEqualTo(parameter);
    }

    private static List<Integer> prepareAll(RawClient client, String name) throws IOException {
        List<Integer> ids = new ArrayList<>();
        for (int i = 0; i < STATEMENTS; i++) {
            ids.add(client.prepare("SELECT ? /* " + name + " " + i + " */"));
        }
        return ids;
    }

    @Test
    void fiftyStatementsOnEachOfSeveralConnectionsRunWithinTheBound() throws IOException {
        List<RawClient> clients = new ArrayList<>();
        List<List<Integer>> ids = new ArrayList<>();
        try {
            for (int i = 0; i < CONNECTIONS; i++) {
                RawClient client = proxy.raw();
                clients.add(client);
                // A connection of the primary for each.
                client.query("BEGIN");
                ids.add(prepareAll(client, "client " + i));
                assertBounded(Servers.mysql().primary());
            }
            for (int round = 0; round < 2; round++) {
                for (int i = 0; i < STATEMENTS; i++) {
                    for (int c = 0; c < CONNECTIONS; c++) {
                        assertRuns(clients.get(c), ids.get(c).get(i), i);
                    }
                    assertBounded(Servers.mysql().primary());
                }
            }
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
    }

    @Test
    void readsOnReplicasKeepTheBoundToo() throws IOException {
        try (RawClient one = proxy.raw();
                RawClient two = proxy.raw()) {
            List<Integer> ones = prepareAll(one, "one");
            List<Integer> twos = prepareAll(two, "two");
            for (int i = 0; i < STATEMENTS; i++) {
                assertRuns(one, ones.get(i), i);
                assertRuns(two, twos.get(i), i);
                for (LocalServer server : Servers.mysql().servers()) {
                    assertBounded(server);
                }
            }
        }
    }

    @Test
    void aServerThatOthersHaveFilledIsUsedWithWhatIsLeft() throws IOException {
        LocalServer primary = Servers.mysql().primary();
        try (RawClient client = proxy.raw();
                RawClient other = RawClient.connect(primary.port())) {
            client.query("BEGIN");
            List<Integer> ids = prepareAll(client, "squeezed");
            for (int i = prepared(primary); i < SERVER_MAX; i++) {
                int unused = other.prepare("SELECT 1");
            }
            assertThat(prepared(primary)).isEqualTo(SERVER_MAX);
            for (int i = 0; i < STATEMENTS; i++) {
                assertRuns(client, ids.get(i), i);
            }
            for (int i = prepared(primary); i < SERVER_MAX; i++) {
                int unused = other.prepare("SELECT 2");
            }
            // One is closed for the other, whether the client prepares or executes.
            List<Integer> more = prepareAll(client, "squeezed again");
            for (int i = 0; i < STATEMENTS; i++) {
                assertRuns(client, more.get(i), i);
            }
        }
    }
}
