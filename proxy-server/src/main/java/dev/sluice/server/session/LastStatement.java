package dev.sluice.server.session;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.router.session.Slot;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.CountedRows;
import dev.sluice.router.sql.LastStatementQuestion;
import dev.sluice.router.sql.LastStatementQuestion.Form;
import dev.sluice.router.sql.LastStatementQuestion.Subject;
import dev.sluice.router.sql.StatementKind;
import dev.sluice.router.sql.Traits;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.BackendFailure;
import dev.sluice.server.session.DiagnosticsUsers.Habit;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a session's last statement has left for those who ask about it: ROW_COUNT(), FOUND_ROWS(), and the conditions that
 * SHOW WARNINGS shows. Confined to the session's event loop.
 *
 * <p>While the connection of the last statement has served nobody else, the server is asked there. The numbers are in the
 * answers that are relayed anyway. The conditions, and the number behind SQL_CALC_FOUND_ROWS, are asked for when the
 * connection is about to be taken away, and kept here. A question that asks for nothing else is then put to any connection,
 * and gets the rows that are known here. What cannot be answered so is an error: never what another session has left.
 */
final class LastStatement {
    /** What can be done for a question about the last statement. */
    enum Recall {
        /** The connection where it is about to run can answer it. */
        THERE,
        /** So can any on which a statement of Sluice's own has left the same as the last statement did. */
        RESTORED,
        /** Any can, with other rows. */
        REWRITTEN,
        /** None can any more. */
        GONE
    }

    private static final byte[] ERROR_LEVEL = "\5Error".getBytes(StandardCharsets.US_ASCII);
    private static final long UNKNOWN = -1;

    private final Leases leases;
    private final BooleanSupplier mariaDb;
    private final LastStatementFetch fetch = new LastStatementFetch();
    private long rowCount;
    private long foundRows;
    /** Whether a server would say the same number on the connection that {@link Leases} knows as the last. */
    private boolean rowCountThere;

    private boolean foundRowsThere;
    private boolean disturbed;
    private int warnings;
    /** The conditions; null if there are some that only the last connection knows. */
    private @Nullable List<byte[]> conditions = List.of();

    private @Nullable RecalledRows recalled;
    private Habit missing = Habit.NONE;

    /** @param mariaDb whether the servers are those of MariaDB */
    LastStatement(Leases leases, BooleanSupplier mariaDb) {
        this.leases = leases;
        this.mariaDb = mariaDb;
    }

    /** A new session begins. */
    void reset() {
        fetch.abandon();
        leases.forgetLast();
        rowCount = 0;
        foundRows = 0;
        rowCountThere = false;
        foundRowsThere = false;
        disturbed = false;
        recalled = null;
        nothingLeft();
    }

    private void nothingLeft() {
        warnings = 0;
        conditions = List.of();
    }

    // ---- what has run ----

    /** A command has been answered. */
    void ran(Command command, Slot slot, BackendConnection target, ClientResponse response) {
        boolean there = leases.isLast(target);
        boolean asks = keepsConditions(command);
        if (!response.isError() && (asks || (command.leavesConditions() && response.warnings() == 0))) {
            if (there) {
                leases.ranOn(slot, target);
            }
            if (asks) {
                keep(command, response, there);
            } else {
                count(command, response, there, there);
            }
            return;
        }
        if (command.isPrepare() && !response.isError()) {
            rowCountThere &= there;
            foundRowsThere &= there;
        } else {
            count(command, response, there, true);
        }
        ErrPacket replaced = response.replacement();
        if (replaced != null) {
            refused(replaced);
            return;
        }
        warnings = response.warnings();
        conditions = response.isError() || warnings > 0 ? null : List.of();
        if (conditions == null) {
            target.conditionsLeft(true);
        }
        leases.ranOn(slot, target);
    }

    /**
     * @param before whether the command ran on the last connection
     * @param now whether the connection where it ran is the last one now
     */
    private void count(Command command, ClientResponse response, boolean before, boolean now) {
        rowCount = response.rowCount();
        rowCountThere = now && !disturbed;
        boolean runs = command.type() == CommandType.COM_QUERY || command.type() == CommandType.COM_STMT_EXECUTE;
        CountedRows counted = runs ? CountedRows.of(command.ran()) : CountedRows.UNCERTAIN;
        if (response.isError() && counted != CountedRows.KEPT) {
            counted = isBeforeRows(response.errorCode()) ? CountedRows.KEPT : CountedRows.UNCERTAIN;
        }
        if (counted == CountedRows.UNCERTAIN && isValues(command.ran(), response) && !mariaDb.getAsBoolean()) {
            counted = CountedRows.UNKNOWN;
        }
        foundRows = switch (counted) {
            case SENT -> response.rows();
            case KEPT -> foundRows;
            case UNKNOWN, UNCERTAIN -> UNKNOWN;
        };
        boolean certain = counted == CountedRows.SENT || counted == CountedRows.UNKNOWN;
        boolean own = certain ? now : before && foundRowsThere;
        foundRowsThere = own && !disturbed;
        disturbed = false;
    }

    /** MySQL counts the rows of VALUES, MariaDB does not. */
    private static boolean isValues(Classification statement, ClientResponse response) {
        return statement.kind() == StatementKind.VALUES
                && !statement.has(Traits.MULTI_STATEMENT)
                && !response.isError();
    }

    /** Whether the server has refused the statement before it looked for any rows. */
    private static boolean isBeforeRows(int errorCode) {
        return switch (errorCode) {
            // ER_NO_DB_ERROR, ER_BAD_DB_ERROR, ER_BAD_FIELD_ERROR, ER_PARSE_ERROR, ER_EMPTY_QUERY,
            // ER_TABLEACCESS_DENIED_ERROR, ER_COLUMNACCESS_DENIED_ERROR, ER_NO_SUCH_TABLE
            case 1046, 1049, 1054, 1064, 1065, 1142, 1143, 1146 -> true;
            default -> false;
        };
    }

    /** Whether there are any, known or not. */
    boolean hasConditions() {
        List<byte[]> known = conditions;
        return known == null || !known.isEmpty();
    }

    /** Statements that ask, and commands that a server does not take for statements. */
    static boolean keepsConditions(Command command) {
        CommandType type = command.type();
        if (type == CommandType.COM_INIT_DB || type == CommandType.COM_STATISTICS) {
            return true;
        }
        return asks(command.ran());
    }

    private static boolean asks(Classification statement) {
        return statement.has(Traits.DIAGNOSTICS)
                && !statement.has(Traits.MULTI_STATEMENT)
                && (statement.kind() == StatementKind.SHOW || statement.kind() == StatementKind.DIAGNOSTICS);
    }

    private void keep(Command command, ClientResponse response, boolean there) {
        if (command.type() == CommandType.COM_INIT_DB) {
            rowCount = 0;
            rowCountThere &= there;
        } else if (command.ran().kind() == StatementKind.SHOW) {
            rowCount = -1;
            rowCountThere &= there;
            if (response.columns() == 1) {
                // SHOW COUNT(*) is a SELECT of a variable.
                foundRows = 1;
                foundRowsThere &= there;
            }
        }
    }

    /** A question of Sluice's own has followed the command that is about to be accounted for, on the same connection. */
    void disturbed() {
        disturbed = true;
    }

    /** The client got an error that no server has given, or not in these words. */
    void refused(ErrPacket error) {
        rowCount = -1;
        warnings = 1;
        conditions = List.of(RecalledRows.condition("Error", error.code(), error.message()));
        leases.forgetLast();
    }

    /** A SELECT of one row was answered without a server. */
    void selectedOne() {
        leases.forgetLast();
        rowCount = -1;
        foundRows = 1;
        nothingLeft();
    }

    // ---- what is asked ----

    /** Whether there are conditions that only this connection knows. */
    boolean livesOn(BackendConnection connection) {
        return conditions == null && leases.isLast(connection);
    }

    /** Whether a statement leaves FOUND_ROWS() alone, which only this connection knows. */
    boolean outlives(Classification statement, BackendConnection connection) {
        return canFetch(connection)
                && foundRows == UNKNOWN
                && foundRowsThere
                && !statement.has(Traits.DIAGNOSTICS)
                && CountedRows.of(statement) == CountedRows.KEPT;
    }

    /** Whether there is anything that only this connection knows. */
    boolean canFetch(BackendConnection connection) {
        return leases.isLast(connection) && (conditions == null || (foundRows == UNKNOWN && foundRowsThere));
    }

    /** Whether the connection has what others have left there, which a command would add to, or find. */
    boolean mustClear(BackendConnection connection, Command command, boolean mariaDb) {
        // MariaDB leaves what is there as it is for whatever uses no table.
        boolean clearsItself = !mariaDb
                && (command.type() == CommandType.COM_QUERY
                        || command.type() == CommandType.COM_STMT_PREPARE
                        || command.type() == CommandType.COM_STMT_EXECUTE);
        return connection.hasConditionsLeft() && !clearsItself && !leases.isLast(connection);
    }

    /** A statement that leaves no conditions, and the ROW_COUNT() that is remembered. */
    boolean restoresAsQuery() {
        return rowCount != 0;
    }

    /**
     * What can be done for a question about the last statement.
     *
     * @param on the connection where it is about to run, if it has to be that one
     * @param question what it asks for, if that is all that it does
     * @param binary whether its answer has rows in binary form
     */
    Recall recall(
            Classification statement,
            @Nullable BackendConnection on,
            @Nullable LastStatementQuestion question,
            boolean binary) {
        recalled = null;
        boolean here = on != null && leases.isLast(on);
        boolean asksRows = statement.has(Traits.FOUND_ROWS);
        if (here && rowCountThere && (foundRowsThere || !asksRows)) {
            return Recall.THERE;
        }
        List<byte[]> known = conditions;
        missing = question == null ? Habit.CONNECTION : Habit.FOUND_ROWS;
        if (question == null) {
            boolean plain = known != null && known.isEmpty() && (rowCount == 0 || rowCount == -1);
            return plain && !asksRows ? Recall.RESTORED : Recall.GONE;
        }
        if (question.form() == Form.NUMBERS) {
            return numbers(question.numbers(), here, binary);
        }
        if (here) {
            return Recall.THERE;
        }
        if (known == null) {
            return Recall.GONE;
        }
        recalled = RecalledRows.ofConditions(
                known.stream()
                        .filter(row -> question.form() == Form.WARNINGS || isError(row))
                        .skip(question.offset())
                        .limit(question.limit())
                        .toList(),
                binary);
        return Recall.REWRITTEN;
    }

    private Recall numbers(List<Subject> subjects, boolean here, boolean binary) {
        long[] numbers = new long[subjects.size()];
        boolean allThere = here;
        boolean allKnown = true;
        for (int i = 0; i < numbers.length; i++) {
            Subject subject = subjects.get(i);
            allThere &= subject == Subject.ROW_COUNT ? rowCountThere : subject != Subject.FOUND_ROWS || foundRowsThere;
            allKnown &= subject == Subject.ROW_COUNT
                    || (subject == Subject.FOUND_ROWS ? foundRows != UNKNOWN : conditions != null);
            numbers[i] = number(subject);
        }
        if (allThere) {
            return Recall.THERE;
        }
        recalled = allKnown ? RecalledRows.ofNumbers(numbers, binary) : null;
        return allKnown ? Recall.REWRITTEN : Recall.GONE;
    }

    private long number(Subject subject) {
        List<byte[]> known = conditions == null ? List.of() : conditions;
        return switch (subject) {
            case FOUND_ROWS -> foundRows;
            case ROW_COUNT -> rowCount;
            case WARNING_COUNT -> Math.max(warnings, known.size());
            case ERROR_COUNT -> known.stream().filter(LastStatement::isError).count();
        };
    }

    private static boolean isError(byte[] condition) {
        return Arrays.mismatch(condition, ERROR_LEVEL) >= ERROR_LEVEL.length;
    }

    /** What would have had to be kept for the question that was found to be {@link Recall#GONE}. */
    Habit missing() {
        return missing;
    }

    /** A command begins, of which nothing has been found yet. */
    void begins() {
        recalled = null;
    }

    /** The rows that the question gets that was found to be {@link Recall#REWRITTEN}; null for any other. */
    @Nullable
    RecalledRows recalled() {
        return recalled;
    }

    // ---- before the connection goes ----

    /** Whether the server has been asked and has not answered yet. */
    boolean isAsked() {
        return fetch.isUnderWay();
    }

    /** Calls back once when the answer is here. */
    void whenKnown(Runnable callback) {
        fetch.whenOver(callback);
    }

    /** Asks the last connection for what only it knows, and calls {@code then} when that is known here. */
    void capture(BackendConnection connection, Runnable then) {
        if (!canFetch(connection)) {
            then.run();
            return;
        }
        fetch.begin(connection, conditions == null, foundRows == UNKNOWN && foundRowsThere, found -> {
            List<byte[]> rows = found.conditions();
            if (rows != null && rows.size() >= warnings) {
                conditions = rows;
            }
            Long number = found.foundRows();
            if (number != null) {
                foundRows = number;
            }
            leases.forgetLast();
            then.run();
        });
    }
}
