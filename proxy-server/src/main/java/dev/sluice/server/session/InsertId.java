package dev.sluice.server.session;

import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.StatementKind;
import dev.sluice.router.sql.Traits;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.BackendFailure;
import dev.sluice.server.backend.PendingResponse;
import org.jspecify.annotations.Nullable;

/**
 * Where this session's LAST_INSERT_ID() lives. Confined to the session's event loop.
 *
 * <p>The value stays on the connection of the last INSERT. While nobody else changes it there, a question goes back to that
 * connection. When another session is about to change it, the server is asked for the value first, in the same write as
 * that session's command, and it is set again wherever this session asks next. The OK packet is not enough: for a row with
 * an explicit id it carries that id, and LAST_INSERT_ID() does not change. So if the connection dies before it is asked, the
 * value is lost, and the next question for it is told so.
 *
 * <pre>
 * KNOWN ──INSERT──► ON_CONNECTION ──somebody else writes there──► ASKED ──answer──► KNOWN
 * </pre>
 */
final class InsertId implements BackendConnection.InsertIdHolder {
    /** Statements that may set the value without their OK saying so. */
    private static final long MAY_SET = Traits.SETS_INSERT_ID | Traits.OPAQUE | Traits.SETS_NON_REPLAYABLE;

    private @Nullable BackendConnection home;
    private long value;
    /** Whether that is the very value, and not only what an OK packet said. */
    private boolean exact = true;

    /** It was not known any more, and what was left of it was brought to a connection. */
    private boolean doubtful;

    private long brought;

    private boolean asked;
    /** Counts the values: an answer about an older one says nothing any more. */
    private int generation;

    private @Nullable Runnable onKnown;

    /** A statement ran on a connection of the primary. */
    void ran(BackendConnection connection, Classification statement, long fromOk) {
        boolean maySet = statement.has(MAY_SET);
        if (fromOk != 0 || (maySet && home() != connection)) {
            settleOn(connection);
            value = fromOk == 0 ? value : fromOk;
        }
        exact &= fromOk == 0 && !maySet;
    }

    private void settleOn(BackendConnection connection) {
        leaveHome();
        generation++;
        asked = false;
        home = connection;
        connection.insertIdHolder(this);
    }

    /** The connection that has the value, or null when it is known here. */
    @Nullable
    BackendConnection home() {
        BackendConnection connection = home;
        return connection != null && !connection.isClosed() && connection.insertIdHolder() == this ? connection : null;
    }

    /** Whether the server has been asked and has not answered yet. */
    boolean isAsked() {
        return asked;
    }

    /** Calls back once when the answer is here. */
    void whenKnown(Runnable callback) {
        onKnown = callback;
    }

    /** Whether the connection that knew the value has died with it. */
    boolean isLost() {
        return !exact && !asked && home() == null;
    }

    /** The client has been told that the value is lost: what an OK packet said is the best there is. */
    void lossTold() {
        exact = true;
        doubtful = false;
    }

    /**
     * Asks what an INSERT behind a loss has made of the value, if one has run since.
     *
     * @return whether the answer has to be waited for
     */
    boolean settlesDoubt() {
        BackendConnection there = home();
        if (!doubtful || asked || there == null) {
            return false;
        }
        capture(there, () -> {});
        there.flush();
        return true;
    }

    /** Forgets the value: a new session starts with 0. */
    void reset() {
        doubtful = false;
        leaveHome();
        generation++;
        asked = false;
        value = 0;
        exact = true;
        onKnown = null;
    }

    private void leaveHome() {
        BackendConnection connection = home();
        if (connection != null) {
            connection.insertIdHolder(null);
        }
        home = null;
    }

    /**
     * Writes a query for the value of whoever's value lives on a connection, unless it is {@code own}: whoever uses the
     * connection next may change it.
     */
    static void captureOther(BackendConnection connection, @Nullable InsertId own) {
        if (connection.insertIdHolder() instanceof InsertId other && other != own) {
            other.capture(connection, () -> {});
        }
    }

    /**
     * Asks for the value where it lives if it is not known and another connection is about to need it. Somebody else may have
     * asked by now: while this statement waited for its connection, another session has begun to use the one it lives on.
     *
     * @return whether the answer has to be waited for
     */
    boolean askElsewhere(BackendConnection connection) {
        if (asked) {
            return true;
        }
        BackendConnection there = home();
        if (exact || there == null || there == connection) {
            return false;
        }
        capture(there, () -> {});
        there.flush();
        return true;
    }

    @Override
    public void capture(BackendConnection connection, Runnable then) {
        asked = true;
        int asking = generation;
        connection.insertIdHolder(null);
        connection.send(connection.query("SELECT LAST_INSERT_ID() LIMIT 1"), new InternalResponse(ResponseShape.QUERY) {
            @Override
            public boolean isForAnother() {
                return true;
            }

            @Override
            void answered() {
                String text = value();
                if (text == null) {
                    lost(asking);
                } else {
                    captured(asking, Long.parseUnsignedLong(text));
                }
                then.run();
            }

            @Override
            public void failed(BackendFailure failure) {
                lost(asking);
            }
        });
    }

    /** Whether a statement reads the value, sets it, or must find it because it may leave it as it is. */
    static boolean concerns(Classification statement) {
        return statement.has(MAY_SET | Traits.LAST_INSERT_ID | Traits.MULTI_STATEMENT)
                || statement.kind() == StatementKind.INSERT
                || statement.kind() == StatementKind.REPLACE
                || statement.kind() == StatementKind.LOAD_DATA;
    }

    /**
     * Writes a SET that brings the value to a connection that does not have it, in front of a statement that may read it, or
     * that may leave it as it is while its OK carries another.
     *
     * @return how many answers will come
     */
    int bringTo(BackendConnection connection, Classification statement, PendingResponse response) {
        if (isNothingToBring(connection, statement)) {
            return 0;
        }
        if (isLost()) {
            doubtful = true;
            brought = value;
        }
        connection.send(connection.query("SET SESSION last_insert_id=" + Long.toUnsignedString(value)), response);
        settleOn(connection);
        return 1;
    }

    /** Whether a statement needs nothing in front of it on a connection. */
    boolean isNothingToBring(BackendConnection connection, Classification statement) {
        return !concerns(statement) || home() == connection;
    }

    private void captured(int asking, long captured) {
        if (asking == generation) {
            // What was brought in doubt and is still there has been changed by nobody, and may never have been right.
            exact = !doubtful || captured != brought;
            doubtful = !exact;
            value = captured;
            answered();
        }
    }

    /** The connection has died with it. */
    private void lost(int asking) {
        if (asking == generation) {
            exact = false;
            answered();
        }
    }

    private void answered() {
        asked = false;
        Runnable callback = onKnown;
        onKnown = null;
        if (callback != null) {
            callback.run();
        }
    }
}
