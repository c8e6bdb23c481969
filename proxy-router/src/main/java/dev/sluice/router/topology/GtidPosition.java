package dev.sluice.router.topology;

/**
 * How far a server has come in the replication stream, or how far one must have come to be good enough for a session.
 * Immutable.
 *
 * <p>The same type serves both sides of the question "does this replica have that write?", which is
 * {@code replica.contains(required)}. Positions of different kinds of server are not comparable: neither contains the
 * other, and their union is {@link #UNKNOWN}, because a wrong "yes" would show a session a state older than its own write.
 */
public sealed interface GtidPosition permits GtidSet, MariaDbGtidPosition, UndefinedPosition {
    /** Nothing executed, or nothing required: every position contains it. */
    GtidPosition EMPTY = UndefinedPosition.EMPTY;

    /** No statement can be made: it contains nothing but {@link #EMPTY}, and nothing contains it. */
    GtidPosition UNKNOWN = UndefinedPosition.UNKNOWN;

    /** Whether everything in {@code other} is in this position too. Does not allocate. */
    boolean contains(GtidPosition other);

    /** The smallest position that contains both; {@link #UNKNOWN} if there is none that can be known. */
    GtidPosition union(GtidPosition other);

    /**
     * This position, and everything that its server had committed when it committed {@code own}: numbers are given out in
     * the order of commits, so that the gap between the last number here and {@code own} was committed before, too.
     * {@link #UNKNOWN} if that cannot be known.
     */
    GtidPosition upTo(GtidPosition own);

    /**
     * A position that contains this one and takes less memory, made of one interval per source: what lies between the
     * first and the last own write is required too. Used for positions that grow with every write of a session.
     */
    GtidPosition coarse();

    /** How many intervals or domains it is made of; a measure of its size. */
    int size();

    /** Whether nothing is in it. {@link #UNKNOWN} is not empty. */
    boolean isEmpty();

    /**
     * Reads the text form that a server of this flavour prints; blank text is {@link #EMPTY}.
     *
     * @throws IllegalArgumentException with the position in the text, if it is malformed or too large
     */
    static GtidPosition parse(ServerFlavor flavor, String text) {
        if (text.isBlank()) {
            return EMPTY;
        }
        return switch (flavor) {
            case MYSQL -> GtidSet.parse(text);
            case MARIADB -> MariaDbGtidPosition.parse(text);
        };
    }
}
