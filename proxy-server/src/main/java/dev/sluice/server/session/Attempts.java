package dev.sluice.server.session;

import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.BackendFailure;

/**
 * What has been tried for one command, which decides what may be tried next. Reused from command to command. Confined to the
 * session's event loop.
 */
final class Attempts {
    /** So often may connections to the primary, one made after the other, break under a command. */
    private static final int BREAKS_MAX = 3;

    /** So often may the wait for a connection be in vain: each takes its time, where many servers have none to give. */
    private static final int EXHAUSTED_MAX = 3;

    private int breaks;
    private long brokenNanos;
    private int exhausted;
    private long excluded;
    private boolean waitedInVain;
    private boolean askedPosition;

    /** A new command: nothing has been tried. */
    void begin() {
        breaks = 0;
        exhausted = 0;
        excluded = 0;
        waitedInVain = false;
        askedPosition = false;
    }

    /** A replica is not to be tried again. */
    void exclude(int ordinal) {
        excluded |= 1L << ordinal;
    }

    /** Bit mask over ordinals of the replicas that are not to be tried again. */
    long excluded() {
        return excluded;
    }

    /**
     * A connection to the primary broke under the command, or its server goes away. Connections that are older than the
     * break before say nothing new: all that are idle may be dead as well, and a server that is gone leaves many.
     */
    void broke(BackendConnection lost, long nowNanos) {
        if (breaks == 0 || lost.createdNanos() - brokenNanos > 0) {
            breaks++;
            brokenNanos = nowNanos;
        }
    }

    /** Whether a connection to the primary has broken under the command already. */
    boolean hasBroken() {
        return breaks > 0;
    }

    /** Whether one new connection after the other broke: then it may be the command that they die of. */
    boolean isDeadly() {
        return breaks >= BREAKS_MAX;
    }

    /** No connection could be had; whether that has been so too often. */
    boolean isExhaustedOnceMore(BackendFailure failure) {
        return failure.kind() == BackendFailure.Kind.EXHAUSTED && ++exhausted >= EXHAUSTED_MAX;
    }

    /** A replica did not catch up in time: no other is waited for. */
    void waitedInVain() {
        waitedInVain = true;
    }

    boolean hasWaitedInVain() {
        return waitedInVain;
    }

    /** The primary is asked for its position, once for each command. */
    void askedPosition() {
        askedPosition = true;
    }

    boolean hasAskedPosition() {
        return askedPosition;
    }
}
