package dev.sluice.server.session;

import dev.sluice.router.session.StateVector;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.BackendFailure;
import dev.sluice.server.backend.Borrower;
import dev.sluice.server.backend.PoolKey;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A question of Sluice's own to the servers of a login: on a connection of that user's, borrowed for it, at the primary or,
 * while that cannot be asked, at each usable replica in turn. It ends with an answer, or when nobody is left to ask, or after
 * {@code pool.primary-timeout}. Confined to the session's event loop.
 */
abstract class BorrowedQuestion implements Borrower, BackendConnection.Owner {
    private final LoopContext context;
    private final LoginBackends backends;
    private final Credential credential;
    private final int capabilities;
    private final StateVector wanted;
    private @Nullable BackendConnection borrowed;
    private @Nullable ScheduledFuture<?> deadline;
    private boolean over;

    /**
     * @param clientCapabilities what the client that waits for the answer can do
     * @param wanted the state in which a connection would suit best
     */
    BorrowedQuestion(LoopContext context, Credential credential, int clientCapabilities, StateVector wanted) {
        this.context = context;
        this.backends = new LoginBackends(context);
        this.credential = credential;
        this.capabilities = PoolKey.relevant(clientCapabilities);
        this.wanted = wanted;
    }

    /** Writes the question. */
    abstract void putTo(BackendConnection connection);

    /** Nobody has answered: called at most once, and never behind {@link #finish}. */
    abstract void unanswered(BackendFailure failure);

    final LoopContext context() {
        return context;
    }

    /** Asks on a borrowed connection. */
    final void ask() {
        askNext(BackendFailure.of(BackendFailure.Kind.NO_BACKEND, "no backend is reachable"));
        limit();
    }

    /** Asks on a connection that somebody else holds and will keep. */
    final void ask(BackendConnection held) {
        putTo(held);
        limit();
    }

    /** Most logins find a connection that is right already and have their answer by now: they need no timer. */
    private void limit() {
        if (!over) {
            long nanos = context.settings().primaryTimeout().toNanos();
            deadline = context.loop().schedule(this::tooLate, nanos, TimeUnit.NANOSECONDS);
        }
    }

    private void decided() {
        over = true;
        ScheduledFuture<?> timer = deadline;
        deadline = null;
        if (timer != null) {
            timer.cancel(false);
        }
    }

    private void askNext(BackendFailure lastFailure) {
        int ordinal = backends.next();
        if (ordinal == LoginBackends.NONE) {
            fail(lastFailure);
            return;
        }
        PoolKey key = new PoolKey(ordinal, credential.name(), capabilities);
        context.pool().acquire(context.pool().pool(key), wanted, this);
    }

    private void tooLate() {
        drop();
        fail(BackendFailure.of(BackendFailure.Kind.BROKEN, "no server has answered within pool.primary-timeout"));
    }

    /** The answer is there. The connection goes back, if it was borrowed. */
    final void finish() {
        decided();
        BackendConnection back = borrowed;
        borrowed = null;
        if (back != null) {
            context.pool().release(back);
        }
    }

    /** The answer is there, and has left the connection in a state that nobody can use; it must be a borrowed one. */
    final void finishAndClose() {
        decided();
        drop();
    }

    /** Nobody wants to know any more. An answer that is on its way still lets the connection go back. */
    final void abandon() {
        over = true;
    }

    /** Whether there is nothing more to decide. */
    final boolean isOver() {
        return over;
    }

    /** The answer will not come. If the connection was borrowed, {@link #backendClosed} is about to say what follows. */
    final void lost(BackendFailure failure) {
        if (borrowed == null) {
            fail(failure);
        }
    }

    private void fail(BackendFailure failure) {
        if (!over) {
            decided();
            unanswered(failure);
        }
    }

    private void drop() {
        BackendConnection asked = borrowed;
        borrowed = null;
        if (asked != null) {
            asked.abandon();
        }
    }

    @Override
    public final void acquired(BackendConnection acquired) {
        borrowed = acquired;
        putTo(acquired);
    }

    @Override
    public final void acquireFailed(BackendFailure failure) {
        nextAfter(failure);
    }

    private void nextAfter(BackendFailure failure) {
        if (over) {
            return;
        }
        if (backends.mayAnotherAnswer(failure)) {
            askNext(failure);
        } else {
            fail(failure);
        }
    }

    @Override
    public final BackendConnection.Owner owner() {
        return this;
    }

    @Override
    public final Credential credential() {
        return credential;
    }

    @Override
    public final boolean isWaiting() {
        return !over;
    }

    @Override
    public final void backendReadComplete() {
        // Nothing is relayed.
    }

    @Override
    public final void backendWritabilityChanged(BackendConnection changed) {
        // A few short commands are all that is written.
    }

    @Override
    public final void backendWanted(BackendConnection connection) {
        // It goes back as soon as the server has answered.
    }

    @Override
    public final void backendSilent(BackendConnection connection) {
        // The primary knows best: it has its time.
    }

    @Override
    public final void backendClosed(BackendConnection closed, BackendFailure failure) {
        if (closed == borrowed) {
            borrowed = null;
            nextAfter(failure);
        }
    }
}
