package dev.sluice.server.monitor;

import dev.sluice.router.topology.Admission;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.DiscoveredServer;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.Topology;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The lines that a change of the topology is worth. Thread-safe: it has no state. */
final class TopologyLog {
    private static final Logger LOGGER = LoggerFactory.getLogger(TopologyMonitor.class);

    private TopologyLog() {}

    static void changed(Topology before, Topology now) {
        for (BackendStatus backend : now.backends()) {
            BackendStatus was = before.find(backend.ordinal());
            if (was == null || isWorthALine(was, backend)) {
                LOGGER.info(
                        "Backend {} is {} {} {}{}",
                        backend.address(),
                        backend.health(),
                        backend.role(),
                        backend.operatorState(),
                        backend.problem() == null ? "" : ": " + backend.problem());
            }
            if (was != null && was.admission().state() != backend.admission().state()) {
                breaker(backend);
            }
        }
        if (before.primaryOrdinal() != now.primaryOrdinal()) {
            BackendStatus primary = now.primary();
            LOGGER.info("Primary: {}", primary == null ? "none" : primary.address());
        }
        for (DiscoveredServer server : now.discovered()) {
            if (!before.discovered().contains(server)) {
                LOGGER.info(
                        "Discovered {} ({} of {}), which is no backend",
                        server.address(),
                        server.relation(),
                        server.namedBy());
            }
        }
        if (now.alarm() != null && !now.alarm().equals(before.alarm())) {
            LOGGER.warn("Alarm: {}", now.alarm());
        } else if (now.alarm() == null && before.alarm() != null) {
            LOGGER.info("Alarm is over: {}", before.alarm());
        }
    }

    private static void breaker(BackendStatus backend) {
        Admission.State state = backend.admission().state();
        LOGGER.info("Circuit breaker of {} is {}", backend.address(), state);
    }

    /** Why a server cannot be reached is put in other words at each probe; that it cannot is said once. */
    private static boolean isWorthALine(BackendStatus was, BackendStatus now) {
        return was.role() != now.role()
                || was.health() != now.health()
                || was.operatorState() != now.operatorState()
                || (now.health() == Health.ONLINE && !Objects.equals(was.problem(), now.problem()));
    }
}
