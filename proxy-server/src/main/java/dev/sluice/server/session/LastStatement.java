package dev.sluice.server.session;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.router.session.Slot;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.CountedRows;
import dev.sluice.router.sql.LastStatementQuestion;
import dev.sluice.router.sql.LastStatementQuestion.Form;
import dev.sluice.router.sql.LastStatementQuestion.Subject;
import dev.sluice.router.sql.StatementKind;
import dev.sluice.router.sql.Traits;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.session.DiagnosticsUsers.Habit;
import java.util.List;
import java.util.function.BooleanSupplier;
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

    private final Leases leases;
    private final BooleanSupplier mariaDb;
    private final FoundRows foundRows;
    private final Conditions conditions = new Conditions();
    private final LastStatementFetch fetch = new LastStatementFetch();
    private final LastStatementFetch saving = new LastStatementFetch();
    private long rowCount;
    /** Whether a server would say the same number on the connection that {@link Leases} knows as the last. */
    private boolean rowCountThere;

    /** A question of Sluice's own has followed the last command, and counts as a statement. */
    private boolean disturbed;
    /** Whether a question of Sluice's own has left conditions. */
    private boolean questionWarned;
    /** In front of that question the server was asked for the conditions of the last command. */
    private boolean saves;

    private @Nullable List<byte[]> saved;

    private @Nullable RecalledRows recalled;
    /** The command was found to be {@link Recall#RESTORED}. */
    private boolean restored;

    private Habit missing = Habit.NONE;

    /** @param mariaDb whether the servers are those of MariaDB */
    LastStatement(Leases leases, BooleanSupplier mariaDb) {
        this.leases = leases;
        this.mariaDb = mariaDb;
        this.foundRows = new FoundRows(mariaDb);
    }

    /** A new session begins. */
    void reset() {
        fetch.abandon();
        saving.abandon();
        leases.forgetLast();
        rowCount = 0;
        rowCountThere = false;
        foundRows.reset();
        settled();
        begins();
        conditions.none();
    }

    private void settled() {
        disturbed = false;
        questionWarned = false;
        saves = false;
        saved = null;
    }

    // ---- what has run ----

    /** A command has been answered. */
    void ran(Command command, Slot slot, BackendConnection target, ClientResponse response) {
        account(command, slot, target, response);
        settled();
    }

    private void account(Command command, Slot slot, BackendConnection target, ClientResponse response) {
        boolean there = leases.isLast(target);
        boolean asks = command.keepsConditions();
        boolean added = asks
                && !response.isError()
                && command.ran().kind() == StatementKind.DIAGNOSTICS
                && response.warnings() > conditions.count();
        if (added) {
            added(slot, target, response, there);
            return;
        }
        if (!response.isError() && (asks || (command.leavesConditions() && response.warnings() == 0))) {
            if (there) {
                leases.ranOn(slot, target);
            }
            if (asks) {
                keep(command, response, there);
            } else if (command.isPrepare()) {
                leaveNumbers(there);
            } else {
                count(command, response, there, there);
            }
            return;
        }
        if (command.isPrepare() && !response.isError()) {
            leaveNumbers(there);
        } else {
            count(command, response, there, true);
        }
        ErrPacket replaced = response.replacement();
        if (replaced != null) {
            refused(replaced);
            return;
        }
        leases.ranOn(slot, target);
        if (!response.isError() && response.warnings() == 0) {
            if (questionWarned) {
                conditions.are(List.of());
                target.conditionsLeft(true);
            } else {
                conditions.none();
            }
        } else if (saves) {
            conditions.cleared(response.warnings(), saved);
            if (!conditions.areKnown()) {
                // Nor will anybody know them.
                leases.forgetLast();
            }
        } else {
            boolean resignal = restored && LastStatementQuestion.isResignal(command.ran());
            if (resignal || (!there && conditions.areKnown() && addsError(command, response))) {
                conditions.followed();
            } else {
                conditions.left(response.warnings());
            }
            target.conditionsLeft(true);
        }
    }

    /** Whether MySQL adds the error of a command to what the last statement has left. */
    private boolean addsError(Command command, ClientResponse response) {
        return response.isError()
                && !mariaDb.getAsBoolean()
                && (command.type() == CommandType.COM_INIT_DB || command.type() == CommandType.COM_FIELD_LIST);
    }

    /** GET DIAGNOSTICS has found no such condition, and says so by one more. */
    private void added(Slot slot, BackendConnection target, ClientResponse response, boolean there) {
        rowCount = -1;
        rowCountThere = true;
        foundRows.left(there);
        if (there) {
            conditions.left(response.warnings());
        } else {
            conditions.followed();
        }
        target.conditionsLeft(true);
        leases.ranOn(slot, target);
    }

    /**
     * @param before whether the command ran on the last connection
     * @param now whether the connection where it ran is the last one now
     */
    private void count(Command command, ClientResponse response, boolean before, boolean now) {
        rowCount = response.rowCount();
        rowCountThere = now && !disturbed;
        foundRows.ran(command, response, before, now);
    }

    private void leaveNumbers(boolean there) {
        rowCountThere &= there;
        foundRows.left(there);
    }

    /** Whether there are any, known or not. */
    boolean hasConditions() {
        return conditions.exist();
    }

    private void keep(Command command, ClientResponse response, boolean there) {
        if (command.type() == CommandType.COM_INIT_DB) {
            rowCount = 0;
            rowCountThere &= there;
        } else if (command.type() == CommandType.COM_STMT_FETCH) {
            rowCount = -1;
            leaveNumbers(there);
        } else if (command.ran().kind() == StatementKind.SHOW) {
            rowCount = -1;
            rowCountThere &= there;
            if (response.columns() == 1) {
                // SHOW COUNT(*) is a SELECT of a variable.
                foundRows.become(1, there);
            }
        }
    }

    /**
     * A question of Sluice's own is about to follow the command that will be accounted for, on the same connection.
     *
     * @param leftConditions whether the command has left any, which the question would clear
     * @param isQuery whether the question has rows
     */
    void disturb(BackendConnection target, boolean leftConditions, boolean isQuery) {
        disturbed = true;
        if (isQuery) {
            foundRows.disturb();
        }
        if (leftConditions && !saves) {
            saves = true;
            saving.begin(target, true, false, found -> saved = found.conditions());
        }
    }

    /** The client got an error that no server has given, or not in these words. */
    void refused(ErrPacket error) {
        rowCount = -1;
        conditions.are(List.of(condition(error)));
        leases.forgetLast();
    }

    /** The same for a command that is no statement: MySQL adds its error to what the last statement has left. */
    void commandRefused(ErrPacket error) {
        if (mariaDb.getAsBoolean()) {
            refused(error);
        } else {
            rowCount = -1;
            rowCountThere = false;
            conditions.add(condition(error));
        }
    }

    private static byte[] condition(ErrPacket error) {
        return RecalledRows.condition("Error", error.code(), error.message());
    }

    /** A command that is no statement was answered without a server. */
    void commandAnswered() {
        rowCount = 0;
        rowCountThere = false;
    }

    /** A statement is prepared, which counts as none, but settings had to be made in front of it, which count. */
    void preparedBehindSettings() {
        rowCountThere = false;
    }

    /** COM_SET_OPTION was answered without a server, which counts it as a query. */
    void optionSet() {
        rowCount = -1;
        rowCountThere = false;
    }

    /** A statement without rows was answered without a server. */
    void answered() {
        leases.forgetLast();
        rowCount = 0;
        conditions.none();
    }

    /** A SELECT of one row was answered without a server. */
    void selectedOne() {
        answered();
        rowCount = -1;
        foundRows.are(1, true);
    }

    // ---- what is asked ----

    /** Whether there are conditions that only this connection knows. */
    boolean livesOn(BackendConnection connection) {
        return !conditions.areKnown() && leases.isLast(connection);
    }

    /** Whether a statement leaves FOUND_ROWS() alone, which only this connection knows. */
    boolean outlives(Classification statement, BackendConnection connection) {
        return canFetch(connection)
                && foundRows.areOnlyThere()
                && !statement.has(Traits.DIAGNOSTICS)
                && CountedRows.of(statement) == CountedRows.KEPT
                && foundRows.keeps(statement);
    }

    /** Whether there is anything that only this connection knows. */
    boolean canFetch(BackendConnection connection) {
        return leases.isLast(connection) && (!conditions.areKnown() || foundRows.areOnlyThere());
    }

    /** Whether the last statement has left what a statement of Sluice's own can leave anywhere for this one. */
    boolean isRestorable(Classification statement) {
        return !conditions.exist() && (rowCount == 0 || rowCount == -1) && !statement.has(Traits.FOUND_ROWS);
    }

    /** A query of Sluice's own, which leaves a FOUND_ROWS() of its own, is in front of the next command. */
    void foundRowsDisturbed() {
        foundRows.left(false);
    }

    /** The question that disturbs has left conditions of its own. */
    void questionWarned() {
        questionWarned = true;
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
        begins();
        boolean here = on != null && leases.isLast(on);
        boolean asksRows = statement.has(Traits.FOUND_ROWS);
        if (here && rowCountThere && conditions.areThere() && (foundRows.areThere() || !asksRows)) {
            return Recall.THERE;
        }
        missing = question == null ? Habit.CONNECTION : Habit.FOUND_ROWS;
        if (question == null) {
            restored =
                    isRestorable(statement) || (LastStatementQuestion.isResignal(statement) && conditions.areKnown());
            return restored ? Recall.RESTORED : Recall.GONE;
        }
        if (question.form() == Form.NUMBERS) {
            return numbers(question.numbers(), here, binary);
        }
        if (here && conditions.areThere()) {
            return Recall.THERE;
        }
        if (!conditions.areKnown()) {
            return Recall.GONE;
        }
        recalled = RecalledRows.ofConditions(conditions.shown(question), binary);
        return Recall.REWRITTEN;
    }

    private Recall numbers(List<Subject> subjects, boolean here, boolean binary) {
        Long[] numbers = new Long[subjects.size()];
        boolean allThere = here;
        boolean allKnown = true;
        for (int i = 0; i < numbers.length; i++) {
            Subject subject = subjects.get(i);
            switch (subject) {
                case ROW_COUNT -> allThere &= rowCountThere;
                case FOUND_ROWS -> {
                    allThere &= foundRows.areThere();
                    allKnown &= foundRows.areKnown();
                }
                case WARNING_COUNT, ERROR_COUNT -> {
                    allThere &= conditions.areThere();
                    allKnown &= conditions.areKnown();
                }
                case INSERT_ID -> {}
            }
            numbers[i] = number(subject);
        }
        if (allThere) {
            return Recall.THERE;
        }
        recalled = allKnown ? RecalledRows.ofNumbers(numbers, binary) : null;
        return allKnown ? Recall.REWRITTEN : Recall.GONE;
    }

    /** Null for what the server itself knows. */
    private @Nullable Long number(Subject subject) {
        return switch (subject) {
            case FOUND_ROWS -> foundRows.number();
            case ROW_COUNT -> rowCount;
            case WARNING_COUNT -> conditions.count();
            case ERROR_COUNT -> conditions.errors();
            case INSERT_ID -> null;
        };
    }

    /** What would have had to be kept for the question that was found to be {@link Recall#GONE}. */
    Habit missing() {
        return missing;
    }

    /** A command begins, of which nothing has been found yet. */
    void begins() {
        recalled = null;
        restored = false;
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
        fetch.begin(connection, !conditions.areKnown(), foundRows.areOnlyThere(), found -> {
            conditions.learned(found.conditions());
            Long number = found.foundRows();
            if (number != null) {
                foundRows.are(number, true);
            }
            leases.forgetLast();
            then.run();
        });
    }
}
