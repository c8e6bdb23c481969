package dev.sluice.server.runtime;

import dev.sluice.server.admin.Operation.Kill;
import dev.sluice.server.admin.OperationException;
import dev.sluice.server.admin.OperationException.Kind;
import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.monitor.StatementKiller;
import dev.sluice.server.session.SessionControl;
import dev.sluice.server.session.SessionControl.Target;
import java.io.IOException;
import java.util.concurrent.TimeoutException;

/**
 * {@code KILL}: ends a session, or only its statement. Thread-safe: it keeps nothing between two calls.
 *
 * <p>A server ends whatever its connection is at when the kill arrives, and the session's statement may be over by then. So
 * the connection is first taken out of use: no other session gets it, and the kill can hit nobody else.
 */
final class SessionKills {
    private final SessionControl sessions;
    private final StatementKiller killer;

    SessionKills(SessionControl sessions, StatementKiller killer) {
        this.sessions = sessions;
        this.killer = killer;
    }

    ResultTable kill(Kill wanted) throws OperationException, InterruptedException {
        Target target;
        try {
            target = sessions.interrupt(wanted.sessionId());
        } catch (TimeoutException e) {
            throw BackendOperations.noAnswer();
        }
        if (target == null) {
            throw new OperationException(Kind.NOT_FOUND, "there is no session " + wanted.sessionId());
        }
        if (wanted.queryOnly()) {
            return ResultTable.message(endStatement(wanted.sessionId(), target));
        }
        String statement;
        try {
            statement = endStatement(wanted.sessionId(), target);
        } catch (OperationException e) {
            statement = e.getMessage() + "; it may run on until its server notices";
        }
        boolean there = sessions.close(wanted.sessionId());
        return ResultTable.message(
                (there ? "session " + wanted.sessionId() + " ended" : "session " + wanted.sessionId() + " had ended")
                        + (target instanceof Target.Nothing ? "" : "; " + statement));
    }

    private String endStatement(long sessionId, Target target) throws OperationException {
        if (target instanceof Target.OnServer running) {
            try {
                return endOnServer(running);
            } finally {
                sessions.interruptionOver(sessionId);
            }
        }
        return target instanceof Target.Ended
                ? "its statement was waiting and has been ended"
                : "the session runs no statement";
    }

    private String endOnServer(Target.OnServer running) throws OperationException {
        try {
            return switch (killer.killQuery(running.ordinal(), running.threadId())) {
                case KILLED -> "its statement was ended on the server";
                case GONE -> "its statement was over";
                case DENIED ->
                    throw new OperationException(
                            Kind.FAILED,
                            "the monitor account may not end statements of others: GRANT CONNECTION_ADMIN ON *.* to it"
                                    + " (MariaDB: CONNECTION ADMIN)");
            };
        } catch (IOException e) {
            throw new OperationException(Kind.FAILED, String.valueOf(e.getMessage()));
        }
    }
}
