package dev.sluice.server.monitor;

import dev.sluice.router.topology.BackendObservation;
import dev.sluice.router.topology.CircuitBreaker;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.MeasuredLag;
import dev.sluice.router.topology.OperatorState;
import java.util.Objects;

/**
 * What the monitor holds about one backend: its configuration, the outcome of its last probe, its breaker. Thread-safe: it
 * has no lock, the monitor calls it under its own.
 */
final class WatchedBackend {
    private final CircuitBreaker breaker;
    private MonitoredBackend configured;
    private ProbeOutcome outcome = ProbeOutcome.UNPROBED;

    WatchedBackend(MonitoredBackend configured, CircuitBreaker breaker) {
        this.configured = configured;
        this.breaker = breaker;
    }

    MonitoredBackend configured() {
        return configured;
    }

    ProbeOutcome outcome() {
        return outcome;
    }

    /** The same server with another weight, zone or intent of the operator. */
    void reconfigure(MonitoredBackend now) {
        configured = now;
    }

    /** A probe has ended. One that was not answered does not bring back a server that has been given up meanwhile. */
    void probed(ProbeOutcome ended, long nowNanos) {
        boolean givenUp = ended.unanswered() && outcome.health() == Health.UNREACHABLE;
        ProbeOutcome now = givenUp
                ? ProbeOutcome.failed(
                        Health.UNREACHABLE, Objects.requireNonNullElse(ended.problem(), "does not answer"))
                : ended;
        outcome = now;
        if (now.health() != Health.UNPROBED) {
            breaker.probed(now.health() == Health.ONLINE, nowNanos);
        }
    }

    void trouble(long nowNanos) {
        breaker.trouble(nowNanos);
    }

    boolean isSuspect() {
        return outcome.isSuspect() && configured.operatorState() != OperatorState.OFFLINE;
    }

    BackendObservation observe(MeasuredLag lag, long nowNanos) {
        ProbeReading reading = outcome.reading();
        ProbeReading.Others others = reading == null ? ProbeReading.Others.NONE : reading.others();
        return new BackendObservation(
                configured.ordinal(),
                configured.address(),
                configured.operatorState(),
                configured.weight(),
                configured.zone(),
                outcome.health(),
                outcome.readOnly(),
                outcome.channels(),
                outcome.executed(),
                reading == null ? null : reading.facts(),
                outcome.problem(),
                new BackendObservation.Surroundings(
                        others.group(),
                        others.peers(),
                        lag,
                        breaker.admission(nowNanos),
                        new BackendObservation.Moment(
                                outcome.span().startNanos(), outcome.span().endNanos())));
    }
}
