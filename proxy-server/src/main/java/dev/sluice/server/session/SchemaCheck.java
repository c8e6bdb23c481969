package dev.sluice.server.session;

import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.router.session.StateVector;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.BackendFailure;
import dev.sluice.server.backend.StatePrelude;

/**
 * The question to a backend whether a user may start in a schema: the server's own answer is what the client gets. Confined
 * to the session's event loop.
 */
public final class SchemaCheck extends BorrowedQuestion {
    /** Learns the answer. */
    public interface Verdict {
        /** The state can be had. */
        void usable();

        /** It cannot: what the server, or Sluice in its place, says. */
        void refused(ErrPacket error);
    }

    private final StateVector vector;
    private final Verdict verdict;
    private final PreludeAnswers answers = new PreludeAnswers(this::answered);

    private SchemaCheck(
            LoopContext context, Credential credential, int clientCapabilities, StateVector vector, Verdict verdict) {
        super(context, credential, clientCapabilities, vector);
        this.vector = vector;
        this.verdict = verdict;
    }

    /** Asks, unless no schema is wanted. */
    public static void run(
            LoopContext context, Credential credential, int clientCapabilities, StateVector vector, Verdict verdict) {
        if (vector.schema() == null) {
            verdict.usable();
        } else {
            new SchemaCheck(context, credential, clientCapabilities, vector, verdict).ask();
        }
    }

    @Override
    void putTo(BackendConnection connection) {
        if (StatePrelude.needsReset(connection, vector)) {
            // A question about it with nothing behind would still be open when the connection goes back.
            InsertId.captureOther(connection, null);
        }
        boolean mariaDb = context().pool().isMariaDb(connection.key().backendOrdinal());
        int expected = StatePrelude.isNeeded(connection, vector)
                ? StatePrelude.write(connection, vector, mariaDb, answers)
                : 0;
        if (expected == 0) {
            usable();
        } else {
            answers.expectTo(expected);
            connection.flush();
        }
    }

    private void answered() {
        ErrPacket error = answers.stateError();
        if (isOver()) {
            finish();
        } else if (error == null) {
            usable();
        } else {
            finishAndClose();
            verdict.refused(error);
        }
    }

    private void usable() {
        finish();
        verdict.usable();
    }

    @Override
    void unanswered(BackendFailure failure) {
        ErrPacket own = failure.serverError();
        verdict.refused(
                own != null
                        ? own
                        : new ErrPacket(1105, "08S01", "The schema could not be checked: " + failure.message()));
    }
}
