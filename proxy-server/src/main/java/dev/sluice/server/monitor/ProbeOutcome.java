package dev.sluice.server.monitor;

import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.ReplicationChannel;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a probe of one backend ended. Immutable.
 *
 * @param health what it says of the backend
 * @param reading what was read, now or by the last probe that was answered; null if there is nothing to go by
 * @param problem one sentence for the operator; null if there is nothing to say
 * @param unanswered whether this probe was not answered, though that is not held against the backend yet
 * @param span when the reading was made
 */
record ProbeOutcome(
        Health health,
        @Nullable ProbeReading reading,
        @Nullable String problem,
        boolean unanswered,
        Span span) {
    /** Start and end of the probe that made the reading, on the monotonic clock. Immutable. */
    record Span(long startNanos, long endNanos) {
        static final Span NONE = new Span(0, 0);
    }

    static final ProbeOutcome UNPROBED = new ProbeOutcome(Health.UNPROBED, null, null, false, Span.NONE);

    static ProbeOutcome failed(Health health, String problem) {
        return new ProbeOutcome(health, null, problem, true, Span.NONE);
    }

    /** The same reading again, with what went wrong since. */
    ProbeOutcome stillOnline(String newProblem, boolean noAnswer) {
        return new ProbeOutcome(Health.ONLINE, reading, newProblem, noAnswer, span);
    }

    /** What this very probe has read; null if it failed and an earlier reading still stands. */
    @Nullable
    ProbeReading freshReading() {
        return reading != null && Objects.equals(problem, reading.degradation()) ? reading : null;
    }

    /** Whether something is wrong that a next probe may know more about. */
    boolean isSuspect() {
        return unanswered || (health != Health.ONLINE && health != Health.UNPROBED);
    }

    boolean readOnly() {
        return reading != null && reading.readOnly();
    }

    GtidPosition executed() {
        return reading == null ? GtidPosition.UNKNOWN : reading.executed();
    }

    List<ReplicationChannel> channels() {
        return reading == null ? List.of() : reading.channels();
    }
}
