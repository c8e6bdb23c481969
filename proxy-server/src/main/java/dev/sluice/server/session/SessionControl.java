package dev.sluice.server.session;

import dev.sluice.router.session.PinReason;
import dev.sluice.router.session.Slot;
import dev.sluice.router.session.StateVector;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.session.SessionSnapshot.Activity;
import dev.sluice.server.session.SessionSnapshot.Held;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What an operator sees of the sessions and does to them, from outside their event loops. Thread-safe: every question and
 * every order is a task of its own on each event loop; callers wait for the answers, so none may be an event loop.
 */
public final class SessionControl {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final double NANOS_PER_SECOND = 1e9;

    private final Supplier<Collection<LoopContext>> loops;
    private final SessionRegistry registry;

    /** Where a statement was found that is to be ended. Immutable. */
    public sealed interface Target {
        /**
         * It runs on a server. Nobody else will use the connection after this statement, and the session takes no other until
         * it is told that the interruption is over.
         *
         * @param command which command of its session it is
         */
        record OnServer(int ordinal, long threadId, long command) implements Target {}

        /** It had not begun, and ends without a server. */
        record Ended() implements Target {}

        /** The session runs no statement. */
        record Nothing() implements Target {}
    }

    /** @param loops what the sessions of each event loop share */
    public SessionControl(Supplier<Collection<LoopContext>> loops, SessionRegistry registry) {
        this.loops = loops;
        this.registry = registry;
    }

    /**
     * Asks every event loop and gathers the answers.
     *
     * @throws TimeoutException if one does not answer in time
     */
    public <T> List<T> askLoops(Function<LoopContext, T> question) throws InterruptedException, TimeoutException {
        List<CompletableFuture<T>> asked = new ArrayList<>();
        for (LoopContext loop : loops.get()) {
            asked.add(loop.ask(() -> question.apply(loop)));
        }
        List<T> answers = new ArrayList<>();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        for (CompletableFuture<T> answer : asked) {
            answers.add(await(answer, deadline - System.nanoTime()));
        }
        return answers;
    }

    private static <T> T await(CompletableFuture<T> answer, long nanos) throws InterruptedException, TimeoutException {
        try {
            return answer.get(Math.max(0, nanos), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw new IllegalStateException("an event loop could not answer: " + e.getCause(), e);
        }
    }

    /** Every session, by id. */
    public List<SessionSnapshot> snapshots() throws InterruptedException, TimeoutException {
        List<SessionSnapshot> all = new ArrayList<>();
        for (List<SessionSnapshot> some : askLoops(this::snapshotsOf)) {
            all.addAll(some);
        }
        all.sort((one, other) -> Long.compare(one.id(), other.id()));
        return all;
    }

    private List<SessionSnapshot> snapshotsOf(LoopContext loop) {
        return sessionsOf(loop).stream().map(SessionControl::snapshot).toList();
    }

    private List<Session> sessionsOf(LoopContext loop) {
        return registry.all().stream()
                .filter(session -> session.parts().context() == loop && !session.isClosed())
                .toList();
    }

    private static SessionSnapshot snapshot(Session session) {
        SessionParts parts = session.parts();
        Exchange exchange = session.exchange();
        List<Held> held = new ArrayList<>();
        for (Slot slot : Slot.ALL) {
            BackendConnection connection = parts.leases().get(slot);
            if (connection != null) {
                held.add(new Held(
                        slot,
                        connection.key().backendOrdinal(),
                        connection.threadId(),
                        parts.state().transactionSlot() == slot,
                        PinReason.describe(parts.state().pins(slot))));
            }
        }
        Activity activity = session.isAuthenticating()
                ? Activity.AUTHENTICATING
                : session.isIdle() ? Activity.IDLE : exchange.running() == null ? Activity.WAITING : Activity.RUNNING;
        Settlement.LastRoute last = exchange.settlement().lastRoute();
        boolean idle = activity == Activity.IDLE && exchange.answeredNanos() != 0;
        StateVector vector = parts.state().vector();
        return new SessionSnapshot(
                session.id(),
                parts.leases().credential().user(),
                parts.frontend().address(),
                vector.schema(),
                activity,
                held,
                last == null ? null : last.reason(),
                idle ? (parts.context().nowNanos() - exchange.answeredNanos()) / NANOS_PER_SECOND : 0);
    }

    /**
     * Tells the pools that a backend has changed, and the idle sessions to leave it, and returns when they know: from then
     * on nobody is about to use what was taken away.
     *
     * @param diagnosticsToo whether sessions give up the diagnostics of their last statement, too
     */
    public void backendChanged(int ordinal, boolean diagnosticsToo) throws InterruptedException, TimeoutException {
        List<Boolean> unused = askLoops(loop -> {
            loop.pool().backendChanged(ordinal);
            if (loop.pool().takesNothingNew(ordinal)) {
                sessionsOf(loop).forEach(session -> leave(session, ordinal, diagnosticsToo));
            }
            return true;
        });
    }

    private static void leave(Session session, int ordinal, boolean diagnosticsToo) {
        for (Slot slot : Slot.ALL) {
            if (session.isIdle() && session.parts().leases().ordinal(slot) == ordinal) {
                session.exchange().settlement().leave(slot, diagnosticsToo);
            }
        }
    }

    /** Has every idle session give back the connections that nothing ties it to. */
    public void giveBackIdle() throws InterruptedException, TimeoutException {
        List<Boolean> unused = askLoops(loop -> {
            for (Session session : sessionsOf(loop)) {
                for (Slot slot : Slot.ALL) {
                    if (session.isIdle()) {
                        session.exchange().settlement().leave(slot, false);
                    }
                }
            }
            return true;
        });
    }

    /**
     * Looks for the statement that a session runs, to have it ended. If it runs on a server, the connection is used by no
     * other session any more: whatever the kill hits there, it hits this session's.
     *
     * @return null if there is no such session
     */
    public @Nullable Target interrupt(long id) throws InterruptedException, TimeoutException {
        Session session = registry.find(id);
        if (session == null) {
            return null;
        }
        CompletableFuture<Target> found = session.parts().context().ask(session::interrupt);
        return await(found, PATIENCE.toNanos());
    }

    /** The server has been told of what {@link #interrupt} found there: the session may go on. */
    public void interruptionOver(long id) {
        Session session = registry.find(id);
        if (session != null) {
            session.parts().context().loop().execute(session::interruptionOver);
        }
    }

    /** Ends a session; false if there is none. */
    public boolean close(long id) {
        Session session = registry.find(id);
        if (session != null) {
            session.shutDown();
        }
        return session != null;
    }
}
