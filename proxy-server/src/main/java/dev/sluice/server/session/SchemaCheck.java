package dev.sluice.server.session;

import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.router.session.StateVector;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.BackendFailure;
import dev.sluice.server.backend.Borrower;
import dev.sluice.server.backend.PoolKey;
import dev.sluice.server.backend.StatePrelude;
import org.jspecify.annotations.Nullable;

/**
 * The question to a backend whether a user may start in a schema: the server's own answer is what the client gets. Confined
 * to the session's event loop.
 */
public final class SchemaCheck implements Borrower, BackendConnection.Owner {
    /** Learns the answer. */
    public interface Verdict {
        /** The state can be had. */
        void usable();

        /** It cannot: what the server, or Sluice in its place, says. */
        void refused(ErrPacket error);
    }

    private final LoopContext context;
    private final LoginBackends backends;
    private final Credential credential;
    private final int capabilities;
    private final StateVector vector;
    private final Verdict verdict;
    private final PreludeAnswers answers = new PreludeAnswers(this::answered);
    private @Nullable BackendConnection connection;
    private boolean decided;

    private SchemaCheck(
            LoopContext context, Credential credential, int capabilities, StateVector vector, Verdict verdict) {
        this.context = context;
        this.backends = new LoginBackends(context);
        this.credential = credential;
        this.capabilities = capabilities;
        this.vector = vector;
        this.verdict = verdict;
    }

    /** Asks, unless no schema is wanted. */
    public static void run(
            LoopContext context, Credential credential, int clientCapabilities, StateVector vector, Verdict verdict) {
        if (vector.schema() == null) {
            verdict.usable();
            return;
        }
        SchemaCheck check = new SchemaCheck(context, credential, PoolKey.relevant(clientCapabilities), vector, verdict);
        if (!check.ask()) {
            check.refuse(new ErrPacket(1105, "08S01", "No backend is reachable, so the schema cannot be checked"));
        }
    }

    /** Asks the next backend; false if there is none. */
    private boolean ask() {
        int ordinal = backends.next();
        if (ordinal == LoginBackends.NONE) {
            return false;
        }
        PoolKey key = new PoolKey(ordinal, credential.user(), capabilities);
        context.pool().acquire(context.pool().pool(key), vector, this);
        return true;
    }

    @Override
    public BackendConnection.Owner owner() {
        return this;
    }

    @Override
    public Credential credential() {
        return credential;
    }

    @Override
    public boolean isWaiting() {
        return !decided;
    }

    @Override
    public void acquired(BackendConnection acquired) {
        connection = acquired;
        InsertId.captureOther(acquired, null);
        boolean mariaDb = context.pool().isMariaDb(acquired.key().backendOrdinal());
        int expected =
                StatePrelude.isNeeded(acquired, vector) ? StatePrelude.write(acquired, vector, mariaDb, answers) : 0;
        if (expected == 0) {
            usable(acquired);
        } else {
            answers.expectTo(expected);
            acquired.flush();
        }
    }

    private void answered() {
        BackendConnection asked = connection;
        ErrPacket error = answers.stateError();
        if (asked == null || decided) {
            return;
        }
        if (error == null) {
            usable(asked);
        } else {
            decided = true;
            asked.close();
            verdict.refused(error);
        }
    }

    private void usable(BackendConnection asked) {
        decided = true;
        context.pool().release(asked);
        verdict.usable();
    }

    private void refuse(ErrPacket error) {
        decided = true;
        verdict.refused(error);
    }

    @Override
    public void acquireFailed(BackendFailure failure) {
        if (backends.mayAnotherAnswer(failure) && ask()) {
            return;
        }
        ErrPacket own = failure.serverError();
        refuse(own != null ? own : new ErrPacket(1105, "08S01", failure.message()));
    }

    @Override
    public void backendReadComplete() {
        // Nothing is relayed.
    }

    @Override
    public void backendWritabilityChanged(BackendConnection changed) {
        // A few short commands are all that is written.
    }

    @Override
    public void backendWanted(BackendConnection connection) {
        // It goes back as soon as the server has answered.
    }

    @Override
    public void backendSilent(BackendConnection connection) {
        // Nobody else knows the schemas of the primary.
    }

    @Override
    public void backendClosed(BackendConnection closed, BackendFailure failure) {
        connection = null;
        if (!decided && !(backends.mayAnotherAnswer(failure) && ask())) {
            refuse(new ErrPacket(
                    1105, "08S01", "The backend connection was lost during the login: " + failure.message()));
        }
    }
}
