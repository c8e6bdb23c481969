package dev.sluice.router.topology;

/**
 * What one server said about its progress at one moment, from below and from above. Immutable.
 *
 * <p>A commit becomes visible to readers a moment before it counts as executed, so that one position cannot answer both
 * questions that causality asks. Everything in {@code executed} is visible on the server from then on: it is what may be
 * promised. Everything that was visible when the server was asked is in {@code ceiling}: it is what a reader may have seen.
 *
 * @param askedNanos when the question was sent, by the monotonic clock that sessions use
 * @param executed what the server has executed for certain
 * @param ceiling what the server may have shown to anybody before it was asked; {@link GtidPosition#UNKNOWN} if it cannot
 *     tell
 */
public record PositionSample(long askedNanos, GtidPosition executed, GtidPosition ceiling) {
    /** Nothing is known of the server. */
    public static final PositionSample NONE = new PositionSample(0, GtidPosition.UNKNOWN, GtidPosition.UNKNOWN);

    /** Whether the server was asked after that moment, and said what it may have shown until then. */
    public boolean bounds(long nanos) {
        return ceiling != GtidPosition.UNKNOWN && askedNanos - nanos > 0;
    }

    PositionSample havingToo(GtidPosition position) {
        GtidPosition more = executed.union(position);
        return more == GtidPosition.UNKNOWN ? this : new PositionSample(askedNanos, more, ceiling);
    }
}
