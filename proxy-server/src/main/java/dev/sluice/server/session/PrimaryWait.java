package dev.sluice.server.session;

import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.server.backend.BackendFailure;
import org.jspecify.annotations.Nullable;

/**
 * How long a command may wait for a primary, from the moment it first has to, and what it is told when it was in vain.
 * Reused from command to command. Confined to the session's event loop.
 */
final class PrimaryWait {
    private final LoopContext context;
    private boolean begun;
    private long sinceNanos;
    private long deadlineNanos;
    private @Nullable BackendFailure last;

    PrimaryWait(LoopContext context) {
        this.context = context;
    }

    /** A new command, which has not had to wait. */
    void clear() {
        begun = false;
        last = null;
    }

    /** Until when it may wait. It has to, from now on if it has not before. */
    long deadlineNanos() {
        if (!begun) {
            begun = true;
            sinceNanos = context.nowNanos();
            deadlineNanos = sinceNanos + context.settings().primaryTimeout().toNanos();
        }
        return deadlineNanos;
    }

    /** Whether it has waited for as long as it may. */
    boolean isOver() {
        return begun && deadlineNanos - context.nowNanos() <= 0;
    }

    /** Why the primary that is known could not be used. */
    void failed(BackendFailure failure) {
        last = failure;
    }

    /** The error of a command that has waited in vain. */
    ErrPacket timeout(boolean heldBack) {
        return error(heldBack, Failures.waited(context.nowNanos() - sinceNanos));
    }

    /**
     * The error of a command that does not wait, or no longer.
     *
     * @param heldBack whether it is the gate that it would have to wait at
     * @param why a clause that says why it does not wait
     */
    ErrPacket error(boolean heldBack, String why) {
        return heldBack
                ? Failures.heldBack(context.gate().reason(), why)
                : Failures.noPrimary(context.topology(), last, why);
    }
}
