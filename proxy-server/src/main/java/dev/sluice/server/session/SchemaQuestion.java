package dev.sluice.server.session;

import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.router.session.PinReason;
import dev.sluice.router.session.SessionState;
import dev.sluice.router.session.Slot;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.BackendFailure;
import org.jspecify.annotations.Nullable;

/**
 * The question to a session's own connection in which schema it is. What is reported is known; but a session may have
 * switched the reports off, or run what may have. Confined to the session's event loop.
 */
final class SchemaQuestion extends BorrowedQuestion {
    /** The pins of sessions of which something may not have been reported. */
    private static final int MAY_BE_SILENT = PinReason.SESSION_TRACKING.bit()
            | PinReason.UNREPORTED_CHANGE.bit()
            | PinReason.LARGE_STATEMENT.bit()
            | PinReason.ROUTINE.bit();

    /** Bytes, which no character_set_results changes, and a limit of its own instead of sql_select_limit. */
    private static final String QUESTION = "SELECT CAST(CONVERT(DATABASE() USING utf8mb4) AS BINARY) LIMIT 1";

    /** Learns the answer. */
    interface Answer {
        /** The schema, or none. */
        void schema(@Nullable String schema);

        /** It cannot be known. */
        void unknown();
    }

    private final Answer answer;

    private SchemaQuestion(SessionParts parts, Answer answer) {
        super(
                parts.context(),
                parts.leases().credential(),
                parts.frontend().capabilities(),
                parts.state().vector());
        this.answer = answer;
    }

    /** The connection that has to be asked; null if the session's schema is known. */
    static @Nullable BackendConnection whomToAsk(SessionParts parts) {
        for (Slot slot : Slot.ALL) {
            BackendConnection connection = parts.leases().get(slot);
            if (connection != null && (parts.state().pins(slot) & MAY_BE_SILENT) != 0) {
                return connection;
            }
        }
        return null;
    }

    /** Whether the session may be in another schema, or have other variables, than is known. */
    static boolean mayBeSilent(SessionState state) {
        return (state.pins() & MAY_BE_SILENT) != 0;
    }

    /**
     * Asks.
     *
     * @param connection as {@link #whomToAsk} has it
     * @param answer called once, at once or later, unless the question is abandoned
     */
    static SchemaQuestion ask(SessionParts parts, BackendConnection connection, Answer answer) {
        SchemaQuestion question = new SchemaQuestion(parts, answer);
        question.ask(connection);
        return question;
    }

    @Override
    void putTo(BackendConnection connection) {
        context().pool().stopLingering(connection);
        connection.send(connection.query(QUESTION), new InternalResponse(ResponseShape.QUERY) {
            @Override
            void answered() {
                boolean wanted = !isOver();
                finish();
                if (wanted && error() == null) {
                    answer.schema(value());
                } else if (wanted) {
                    answer.unknown();
                }
            }

            @Override
            public void failed(BackendFailure failure) {
                lost(failure);
            }
        });
        connection.flush();
    }

    @Override
    void unanswered(BackendFailure failure) {
        answer.unknown();
    }
}
