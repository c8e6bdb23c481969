package dev.sluice.router.topology;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How far behind the primary a replica is by the proxy's own measure, beside what the server says. Immutable.
 *
 * @param byPosition age of the first position of the primary that it lacks; a lower bound, because what was written before
 *     the proxy looked is not in it. Null if positions are not known
 * @param byHeartbeat age of the first heartbeat that it lacks; null without a heartbeat
 */
public record MeasuredLag(
        @Nullable Duration byPosition, @Nullable Duration byHeartbeat) {
    /** Nothing was measured. */
    public static final MeasuredLag UNKNOWN = new MeasuredLag(null, null);
}
