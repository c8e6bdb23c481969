package dev.sluice.server.it;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A session through Sluice equals a direct one: random scripts run on both, packet by packet, and after every statement
 * Sluice's own idea of the transaction is compared with the server's. {@code -Dsluice.differential.statements} makes it
 * longer, {@code -Dsluice.seed} repeats it. A failure prints the shortest script that was found.
 */
class DifferentialIT {
    private static DifferentialServers servers;

    private final long seed = Long.getLong("sluice.seed", 40L);
    private final int statements = Integer.getInteger("sluice.differential.statements", 20_000);
    private final int modelled = Integer.getInteger("sluice.transaction.statements", 100_000);

    @BeforeAll
    static void start() throws Exception {
        servers = DifferentialServers.start();
    }

    @AfterAll
    static void stop() {
        try {
            servers.assertKnown();
        } finally {
            servers.close();
        }
    }

    @Test
    void aSessionThroughSluiceEqualsADirectOne() throws Exception {
        try (TestProxy proxy = DifferentialServers.proxy().start(servers.cluster())) {
            proxy.awaitCaughtUp();
            servers.compare(proxy, "tied", seed, statements / 2, 0.03);
        }
    }

    @Test
    void sessionsThatShareFewConnectionsEqualDirectOnes() throws Exception {
        try (TestProxy proxy = DifferentialServers.proxy()
                .eventLoops(1)
                .connections(DifferentialServers.SESSIONS / 2)
                .start(servers.cluster())) {
            proxy.awaitCaughtUp();
            servers.compare(proxy, "shared", seed, statements / 2, 0.12);
        }
    }

    /** Whether a transaction is open, and which kind, is what the server says after every statement. */
    @Test
    void sluiceKnowsWhichTransactionIsOpen() throws Exception {
        try (TestProxy proxy = DifferentialServers.proxy().start(servers.cluster())) {
            proxy.awaitCaughtUp();
            servers.compare(proxy, "model", seed, modelled / 2, 0.02);
        }
    }

    @Test
    void sluiceKnowsWhichTransactionIsOpenOnSharedConnections() throws Exception {
        try (TestProxy proxy = DifferentialServers.proxy()
                .eventLoops(1)
                .connections(DifferentialServers.SESSIONS / 2)
                .start(servers.cluster())) {
            proxy.awaitCaughtUp();
            servers.compare(proxy, "model", seed + 1, modelled / 2, 0.02);
        }
    }
}
