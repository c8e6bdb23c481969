package dev.sluice.server.runtime;

import dev.sluice.router.sql.StatementClassifier;
import dev.sluice.server.backend.BackendCapacities;
import dev.sluice.server.metrics.MetricsRegistry;
import dev.sluice.server.monitor.TopologyMonitor;
import dev.sluice.server.session.SessionControl;
import dev.sluice.server.session.SessionSwitches;
import dev.sluice.server.session.WriteGate;

/**
 * The pieces of a running Sluice that operators see and change. Immutable; every piece may be used by any thread.
 *
 * @param monitor watches the backends
 * @param capacities the caps of the backends
 * @param sessions the sessions of all event loops
 * @param switches what sessions look at with each statement
 * @param gate where statements wait during a pause
 * @param metrics what the event loops count
 * @param classifier decides what a statement needs
 */
public record RuntimeParts(
        TopologyMonitor monitor,
        BackendCapacities capacities,
        SessionControl sessions,
        SessionSwitches switches,
        WriteGate gate,
        MetricsRegistry metrics,
        StatementClassifier classifier) {}
