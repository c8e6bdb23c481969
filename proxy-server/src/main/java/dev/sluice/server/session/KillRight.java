package dev.sluice.server.session;

import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.router.session.Slot;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.BackendFailure;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The question to a server whether a user may KILL what belongs to others: {@code SHOW GRANTS} on a connection of that user's
 * own, which names the rights of the active roles, too. Confined to the session's event loop.
 */
final class KillRight extends BorrowedQuestion {
    /** What the servers say. */
    enum Verdict {
        GRANTED,
        DENIED,
        /** No server could be asked. */
        UNKNOWN
    }

    private static final String QUESTION = "SHOW GRANTS";
    private static final int GRANTS_BYTES_MAX = 1 << 20;
    private static final Pattern GLOBAL = Pattern.compile(
            "GRANT (?:[A-Z_ ]+, ?)*(?:SUPER|CONNECTION_ADMIN|CONNECTION ADMIN|ALL PRIVILEGES)(?:, ?[A-Z_ ]+)* ON \\*\\.\\* TO .*",
            Pattern.DOTALL);

    private final Consumer<Verdict> verdict;

    private KillRight(SessionParts parts, Consumer<Verdict> verdict) {
        super(
                parts.context(),
                parts.leases().credential(),
                parts.frontend().capabilities(),
                parts.state().vector());
        this.verdict = verdict;
    }

    /**
     * Asks.
     *
     * @param verdict called once, at once or later
     */
    static KillRight ask(SessionParts parts, Consumer<Verdict> verdict) {
        KillRight question = new KillRight(parts, verdict);
        BackendConnection held = held(parts);
        if (held != null) {
            // What SET ROLE has changed is known here and nowhere else.
            question.ask(held);
        } else {
            question.ask();
        }
        return question;
    }

    private static @Nullable BackendConnection held(SessionParts parts) {
        for (Slot slot : List.of(Slot.PRIMARY, Slot.REPLICA)) {
            BackendConnection connection = parts.leases().get(slot);
            if (connection != null && parts.state().tiedTo(slot)) {
                parts.context().pool().stopLingering(connection);
                return connection;
            }
        }
        return null;
    }

    @Override
    void putTo(BackendConnection connection) {
        connection.send(connection.query(QUESTION), new Grants());
        connection.flush();
    }

    @Override
    void unanswered(BackendFailure failure) {
        verdict.accept(Verdict.UNKNOWN);
    }

    /** Whether one of the lines of SHOW GRANTS gives the right everywhere. */
    static boolean isGiven(List<String> lines) {
        return lines.stream().anyMatch(line -> GLOBAL.matcher(line).matches());
    }

    /** The lines that the account's rights are printed in. */
    private final class Grants extends InternalResponse {
        Grants() {
            super(ResponseShape.QUERY, GRANTS_BYTES_MAX);
        }

        @Override
        void answered() {
            boolean wanted = !isOver();
            finish();
            if (wanted) {
                verdict.accept(error() == null && isGiven(values()) ? Verdict.GRANTED : Verdict.DENIED);
            }
        }

        @Override
        public void failed(BackendFailure failure) {
            lost(failure);
        }
    }
}
