package dev.sluice.server.session;

import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.Topology;
import dev.sluice.server.backend.BackendFailure;

/**
 * Which backend a login asks: the primary, which knows best, and while it cannot be asked each usable replica in turn.
 * Confined to the session's event loop.
 */
final class LoginBackends {
    /** There is nobody left to ask. */
    static final int NONE = -1;

    private final LoopContext context;
    private long asked;
    private int last = NONE;

    LoginBackends(LoopContext context) {
        this.context = context;
    }

    /** The ordinal of the next backend to ask, or {@link #NONE}. */
    int next() {
        Topology topology = context.topology();
        last = NONE;
        BackendStatus primary = topology.primary();
        if (primary != null && (asked & primary.bit()) == 0) {
            last = primary.ordinal();
        } else {
            for (BackendStatus backend : topology.backends()) {
                if (last == NONE && backend.isUsable() && (asked & backend.bit()) == 0) {
                    last = backend.ordinal();
                }
            }
        }
        asked |= last == NONE ? 0 : 1L << last;
        return last;
    }

    /** The last one failed: the monitor is told. Returns whether that says nothing about the login, so that another can be asked. */
    boolean mayAnotherAnswer(BackendFailure failure) {
        context.backendTrouble(last, failure);
        return failure.isPassing();
    }
}
