package dev.sluice.server.session;

import dev.sluice.protocol.CommandType;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.CountedRows;
import dev.sluice.router.sql.StatementKind;
import dev.sluice.router.sql.Traits;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** What FOUND_ROWS() would say to a session, as far as answers tell. Confined to the session's event loop. */
final class FoundRows {
    private static final long UNKNOWN = -1;
    private static final long MAY_BE_SEVERAL =
            Traits.MULTI_STATEMENT | Traits.EXECUTABLE_COMMENT | Traits.AMBIGUOUS_TEXT;
    private static final Set<StatementKind> RUNS_OTHERS =
            EnumSet.of(StatementKind.CALL, StatementKind.EXECUTE, StatementKind.COMPOUND);

    private final BooleanSupplier mariaDb;
    private long number;
    /** Whether a server would say the same number on the connection that {@link Leases} knows as the last. */
    private boolean there;

    private boolean disturbed;
    /** A statement has failed, or done what nobody knows, since the number was certain. */
    private boolean uncertain;

    /** @param mariaDb whether the servers are those of MariaDB */
    FoundRows(BooleanSupplier mariaDb) {
        this.mariaDb = mariaDb;
    }

    /** A new session begins. A server leaves the number as it is. */
    void reset() {
        there = false;
        disturbed = false;
        uncertain = false;
    }

    long number() {
        return number;
    }

    boolean areKnown() {
        return number != UNKNOWN;
    }

    /** Whether the last connection says so, too. */
    boolean areThere() {
        return there;
    }

    /** Whether nobody but the last connection can say. */
    boolean areOnlyThere() {
        return number == UNKNOWN && there;
    }

    /** They are known now. */
    void are(long now, boolean alsoThere) {
        number = now;
        there = alsoThere;
    }

    /** A statement has made them this number, and has run on the last connection or not. */
    void become(long now, boolean onLast) {
        number = now;
        there &= onLast;
    }

    /** A command has left them as they are, and has run on the last connection or not. */
    void left(boolean onLast) {
        there &= onLast;
    }

    /** A query of Sluice's own follows the command that will be accounted for, on the same connection. */
    void disturb() {
        disturbed = true;
    }

    /**
     * A command has been answered.
     *
     * @param before whether it ran on the last connection
     * @param now whether the connection where it ran is the last one now
     */
    void ran(Command command, ClientResponse response, boolean before, boolean now) {
        CountedRows counted = keeps(command.ran()) ? counted(command, response) : CountedRows.UNCERTAIN;
        number = switch (counted) {
            case SENT -> response.rows();
            case KEPT -> number;
            case UNKNOWN, UNCERTAIN -> UNKNOWN;
        };
        boolean certain = counted == CountedRows.SENT || counted == CountedRows.UNKNOWN;
        boolean own = certain ? now : before && there;
        uncertain = counted == CountedRows.UNCERTAIN || (uncertain && counted == CountedRows.KEPT);
        there = own && !disturbed;
        disturbed = false;
    }

    /**
     * False for a statement that would leave the number as it is, but not behind what has failed: an UPDATE that fails leaves
     * it, and MySQL makes it 0 with the INSERT that follows.
     */
    boolean keeps(Classification statement) {
        boolean inserts = statement.kind() == StatementKind.INSERT || statement.kind() == StatementKind.REPLACE;
        return !(uncertain && inserts);
    }

    private CountedRows counted(Command command, ClientResponse response) {
        boolean runs = command.type() == CommandType.COM_QUERY || command.type() == CommandType.COM_STMT_EXECUTE;
        CountedRows counted = runs ? CountedRows.of(command.ran()) : CountedRows.UNCERTAIN;
        if (response.isError() && counted != CountedRows.KEPT) {
            return isBeforeRows(command.ran(), response.errorCode()) ? CountedRows.KEPT : CountedRows.UNCERTAIN;
        }
        boolean values = counted == CountedRows.UNCERTAIN && isValues(command.ran(), response);
        return values && !mariaDb.getAsBoolean() ? CountedRows.UNKNOWN : counted;
    }

    /** MySQL counts the rows of VALUES, MariaDB does not. */
    private static boolean isValues(Classification statement, ClientResponse response) {
        return statement.kind() == StatementKind.VALUES
                && !statement.has(Traits.MULTI_STATEMENT)
                && !response.isError();
    }

    /** Whether the server has refused the statement before it looked for any rows. */
    private static boolean isBeforeRows(Classification statement, int errorCode) {
        if (statement.has(MAY_BE_SEVERAL) || RUNS_OTHERS.contains(statement.kind())) {
            return false;
        }
        return switch (errorCode) {
            // ER_PARSE_ERROR, ER_EMPTY_QUERY
            case 1064, 1065 -> true;
            // ER_NO_DB_ERROR, ER_BAD_DB_ERROR, ER_BAD_FIELD_ERROR, ER_TABLEACCESS_DENIED_ERROR,
            // ER_COLUMNACCESS_DENIED_ERROR, ER_NO_SUCH_TABLE
            case 1046, 1049, 1054, 1142, 1143, 1146 -> !statement.has(Traits.OPAQUE);
            default -> false;
        };
    }
}
