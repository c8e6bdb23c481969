package dev.sluice.server.it;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.router.balance.BalancerKind;
import dev.sluice.server.config.BalanceClient;
import dev.sluice.server.config.BalanceConfig;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the balancers get to know about clients, statements and servers. */
@Timeout(60)
class BalancingIT {
    /** So many that they can hardly all have the same home. */
    private static final int KEYS = 24;

    private static TestProxy start(BalancerKind kind, BalanceClient client, int eventLoops) throws Exception {
        return TestProxy.options()
                .eventLoops(eventLoops)
                .balance(new BalanceConfig(kind, client, Optional.empty(), 64))
                .start(Servers.mysql());
    }

    private static String server(Connection connection, String alias) throws SQLException {
        return requireNonNull(Sql.value(connection, "SELECT @@server_id AS " + alias));
    }

    /**
     * Returns when the statements are known and go to replicas. The first time each of them waits for the parser, and on a busy
     * machine not for long enough: then it runs on the primary.
     */
    private static void awaitKnown(TestProxy proxy) throws SQLException {
        String primary = Servers.mysql().primary().queryValue("SELECT @@server_id");
        try (Connection connection = proxy.connect()) {
            for (int i = 0; i < 2 * KEYS; i++) {
                String alias = "c" + i;
                await().atMost(TestProxy.SOON)
                        .until(() -> !server(connection, alias).equals(primary));
            }
        }
    }

    @Test
    void withStatementHashEachStatementHasItsServerWhoeverSendsIt() throws Exception {
        Map<String, String> homes = new HashMap<>();
        try (TestProxy proxy = start(BalancerKind.DH, BalanceClient.ADDRESS, 2)) {
            // A session stays on one replica while the other is not known to have as much.
            proxy.awaitCaughtUp();
            awaitKnown(proxy);
            for (int session = 0; session < 4; session++) {
                try (Connection connection = proxy.connect()) {
                    for (int i = 0; i < KEYS; i++) {
                        String server = server(connection, "c" + i);
                        assertThat(homes.computeIfAbsent("c" + i, alias -> server))
                                .isEqualTo(server);
                    }
                }
            }
        }
        assertThat(new HashSet<>(homes.values())).hasSize(2);
    }

    @Test
    void withSourceHashAllConnectionsFromOneAddressHaveOneServer() throws Exception {
        Set<String> servers = new HashSet<>();
        try (TestProxy proxy = start(BalancerKind.SH, BalanceClient.ADDRESS, 2)) {
            proxy.awaitCaughtUp();
            awaitKnown(proxy);
            for (int session = 0; session < 4; session++) {
                try (Connection connection = proxy.connect()) {
                    for (int i = 0; i < KEYS; i++) {
                        servers.add(server(connection, "c" + i));
                    }
                }
            }
        }
        assertThat(servers).hasSize(1);
    }

    @Test
    void withSourceHashByUserEachUserHasOneServer() throws Exception {
        Map<String, String> homes = new HashMap<>();
        for (int user = 0; user < KEYS; user++) {
            Servers.mysql().primary().execute("CREATE USER balanced" + user + " IDENTIFIED BY 'secret'");
        }
        try (TestProxy proxy = start(BalancerKind.SH, BalanceClient.USER, 2)) {
            proxy.awaitCaughtUp();
            awaitKnown(proxy);
            for (int i = 0; i < 2 * KEYS; i++) {
                String user = "balanced" + i % KEYS;
                try (Connection connection = proxy.connectAs(user, "secret", "")) {
                    String server = server(connection, "c" + i);
                    assertThat(homes.computeIfAbsent(user, name -> server)).isEqualTo(server);
                }
            }
        } finally {
            for (int user = 0; user < KEYS; user++) {
                Servers.mysql().primary().execute("DROP USER balanced" + user);
            }
        }
        assertThat(new HashSet<>(homes.values())).hasSize(2);
    }

    @Test
    void twoChoicesLeavesTheSlowServerAlone() throws Exception {
        int[] chosen = new int[4];
        try (TestProxy proxy = start(BalancerKind.P2C, BalanceClient.ADDRESS, 1);
                Connection connection = proxy.connect()) {
            for (int i = 0; i < 100; i++) {
                // The answer of the second server takes forty milliseconds longer.
                String server = requireNonNull(Sql.value(
                        connection, "SELECT @@server_id, SLEEP(CASE @@server_id WHEN 2 THEN 0.04 ELSE 0 END)"));
                chosen[Integer.parseInt(server)]++;
            }
        }
        assertThat(chosen[1]).isZero();
        assertThat(chosen[2]).isLessThan(20);
        assertThat(chosen[3]).isGreaterThan(80);
    }
}
