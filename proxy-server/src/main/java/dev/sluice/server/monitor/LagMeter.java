package dev.sluice.server.monitor;

import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.MeasuredLag;
import dev.sluice.router.topology.ProgressTrail;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Measures how far replicas are behind the primary by what was read from both and when. Thread-safe: it has no lock, the
 * monitor calls it under its own.
 */
final class LagMeter {
    private final ProgressTrail<GtidPosition> positions = new ProgressTrail<>();
    private final ProgressTrail<Long> beats = new ProgressTrail<>();
    /** A heartbeat that has not moved for so long says nothing. */
    private final Duration beatFreshness;

    private int primaryOrdinal = -1;
    private @Nullable GtidPosition lastPosition;
    private @Nullable Long lastBeat;

    LagMeter(Duration beatFreshness) {
        this.beatFreshness = beatFreshness;
    }

    /** This backend is the primary and was read. */
    void primaryRead(int ordinal, ProbeOutcome outcome) {
        GtidPosition position = outcome.executed();
        boolean setBack = lastPosition != null && position != GtidPosition.UNKNOWN && !position.contains(lastPosition);
        if (ordinal != primaryOrdinal || setBack) {
            // What another server or another history had says nothing about who lacks what.
            positions.clear();
            beats.clear();
            lastPosition = null;
            lastBeat = null;
            primaryOrdinal = ordinal;
        }
        if (position != GtidPosition.UNKNOWN) {
            positions.seen(position, outcome.span().endNanos());
            lastPosition = position;
        }
        ProbeReading reading = outcome.reading();
        Long beat = reading == null ? null : reading.others().heartbeatMillis();
        if (beat != null) {
            beats.seen(beat, outcome.span().endNanos());
            lastBeat = beat;
        }
    }

    /** What is known of a replica's lag from its last reading. */
    MeasuredLag measure(ProbeOutcome replica) {
        ProbeReading reading = replica.reading();
        if (reading == null) {
            return MeasuredLag.UNKNOWN;
        }
        long readNanos = replica.span().startNanos();
        return new MeasuredLag(
                byPosition(reading.executed(), readNanos),
                byHeartbeat(reading.others().heartbeatMillis(), readNanos));
    }

    private @Nullable Duration byPosition(GtidPosition executed, long readNanos) {
        GtidPosition first = positions.first();
        if (first == null || executed == GtidPosition.UNKNOWN) {
            return null;
        }
        if (lastPosition != null && executed.contains(lastPosition)) {
            return Duration.ZERO;
        }
        // What the primary had before it was first looked at is left to the server's own word: a replica may lack some
        // of
        // it for ever, for example when it was restored without the oldest part of the history.
        GtidPosition counted = executed.union(first);
        if (counted == GtidPosition.UNKNOWN) {
            return null;
        }
        return positions.behind(counted::contains, readNanos);
    }

    private @Nullable Duration byHeartbeat(@Nullable Long beat, long readNanos) {
        Long first = beats.first();
        if (beat == null || first == null || lastBeat == null || !beats.isFresh(readNanos, beatFreshness)) {
            return null;
        }
        Duration seen = beats.behind(mark -> mark <= beat, readNanos);
        return seen == null || beat >= first ? seen : seen.plusMillis(first - beat);
    }
}
