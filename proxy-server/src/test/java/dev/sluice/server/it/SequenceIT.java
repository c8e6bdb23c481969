package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.ServerFlavor;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What MariaDB remembers of a sequence for a connection, and who is told. */
@Timeout(60)
class SequenceIT {
    private static LocalCluster cluster;
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        MariaDbServer.requireInstalled(SequenceIT.class);
        cluster = LocalCluster.builder()
                .flavor(ServerFlavor.executable("mariadbd"))
                .start();
        cluster.primary().execute("CREATE SEQUENCE app.s", "CREATE SEQUENCE app.other");
        proxy = TestProxy.options().eventLoops(1).connections(2).start(cluster);
        proxy.awaitCaughtUp();
    }

    @AfterAll
    static void stop() {
        if (cluster != null) {
            proxy.close();
            cluster.close();
        }
    }

    @AfterEach
    void quiet() throws IOException {
        if (proxy != null) {
            proxy.awaitQuiet();
        }
    }

    private static int error(RawClient client, String sql) throws IOException {
        List<byte[]> answer = client.query(sql);
        return RawClient.first(answer.get(0)) == RawClient.ERR
                ? client.err(answer.get(0)).code()
                : 0;
    }

    @Test
    void theLastValueIsTheSessionsOwnOrAnError() throws IOException {
        try (RawClient taker = proxy.raw()) {
            for (int i = 0; i < 3; i++) {
                assertThat(taker.value("SELECT NEXTVAL(other)")).isEqualTo(Integer.toString(i + 1));
            }
            assertThat(taker.value("SHOW SLUICE ROUTE")).isNotEmpty();
            // Whoever only takes values is tied to nothing.
            assertThat(Route.ofTextRow(taker.query("SHOW SLUICE ROUTE").get(5)).pins())
                    .isEmpty();
            assertThat(error(taker, "SELECT LASTVAL(other)")).isEqualTo(1105);
        }
        try (RawClient client = proxy.raw();
                RawClient second = proxy.raw()) {
            assertThat(error(client, "SELECT PREVIOUS VALUE FOR s")).isEqualTo(1105);
            String own = client.value("SELECT NEXT VALUE FOR s");
            assertThat(Route.ofTextRow(client.query("SHOW SLUICE ROUTE").get(5)).pins())
                    .isEqualTo("sequence");
            assertThat(second.value("SELECT NEXTVAL(s)")).isNotEqualTo(own);
            assertThat(client.value("SELECT LASTVAL(s)")).isEqualTo(own);
            assertThat(client.value("SELECT PREVIOUS VALUE FOR s")).isEqualTo(own);
            assertThat(client.value("SELECT LASTVAL(other)")).isEqualTo("NULL");
        }
    }
}
