package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.server.localcluster.LocalServer;
import java.io.IOException;
import java.sql.Connection;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A replica that takes reads may lack what another session has just made or dropped. */
@Timeout(90)
class LaggingReplicaIT {
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        Servers.mysql().primary().execute("GRANT ALL ON `lag%`.* TO 'app'@'%'");
        proxy = TestProxy.start(Servers.mysql());
    }

    @AfterAll
    static void stop() {
        proxy.close();
        Servers.mysql().primary().execute("REVOKE ALL ON `lag%`.* FROM 'app'@'%'");
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    /** Ends the delay that a test began. */
    private static void catchUp(LocalServer late) {
        Servers.mysql().delayReplica(late, Duration.ZERO);
        Servers.mysql().awaitReplicated(TestProxy.SOON);
        proxy.awaitReplicas(2);
        proxy.awaitCaughtUp();
    }

    private static void awaitTables(LocalServer server, String schema, String count) {
        await().atMost(TestProxy.SOON)
                .until(() -> server.queryValue(
                                "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '" + schema + "'")
                        .equals(count));
    }

    @Test
    void aSchemaThatOneReplicaDoesNotHaveYetIsReadFromTheOther() throws Exception {
        LocalServer prompt = Servers.mysql().replicas().get(0);
        LocalServer late = Servers.mysql().replicas().get(1);
        Servers.mysql().delayReplica(late, Duration.ofMinutes(5));
        try {
            proxy.awaitReplicas(2);
            Servers.mysql()
                    .primary()
                    .execute("CREATE DATABASE lag1", "CREATE TABLE lag1.t (v INT)", "INSERT INTO lag1.t VALUES (7)");
            awaitTables(prompt, "lag1", "1");
            await().atMost(TestProxy.SOON).until(() -> "7".equals(prompt.queryValue("SELECT v FROM lag1.t")));
            try (Connection connection = proxy.connectAs("app", "app-secret", "lag1")) {
                for (int i = 0; i < 10; i++) {
                    assertThat(Sql.value(connection, "SELECT v FROM t /* " + i + " */"))
                            .isEqualTo("7");
                    assertThat(Sql.route(connection).pins()).isEmpty();
                }
                // Otherwise nothing was tried there.
                assertThat(Long.bitCount(proxy.server().topology().readableReplicas()))
                        .isEqualTo(2);
            }
        } finally {
            catchUp(late);
            Servers.mysql().primary().execute("DROP DATABASE lag1");
        }
    }
}
