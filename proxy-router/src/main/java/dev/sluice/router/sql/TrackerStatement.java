package dev.sluice.router.sql;

/**
 * What a statement about the switches of session tracking may change besides, by its text. While the client's switches are
 * on, Sluice is told of nothing: it must be certain what such a statement does, or it ties the session. Functions only.
 */
final class TrackerStatement {
    /** What a plain read may have. */
    private static final long HARMLESS = Traits.SYSTEM_VARIABLE
            | Traits.USER_VARIABLE_READ
            | Traits.SESSION_FUNCTION
            | Traits.PLACEHOLDERS
            | Traits.CONSISTENCY_HINTS;

    private static final long READS = HARMLESS | Traits.DIAGNOSTICS | Traits.LOCK_FUNCTION_QUERY;
    private static final long SHOWS = READS | Traits.LAST_INSERT_ID;
    private static final long SETS = HARMLESS | Traits.SETS_NAMES | Traits.SETS_WITHOUT_SCOPE;
    private static final long ABOUT_TRACKERS = Traits.TRACKERS | Traits.SETS_GTID_TRACKER;

    private TrackerStatement() {}

    /** The traits of the statement with the one about session tracking that its text stands for. */
    static long settle(StatementKind kind, long traits, byte[] bytes, int offset, int length, LexicalMode mode) {
        long others = traits & ~ABOUT_TRACKERS;
        boolean named = (traits & Traits.TIES_TRACKERS) != 0;
        switch (kind) {
            case SELECT, SHOW -> {
                long harmless = kind == StatementKind.SHOW ? SHOWS : READS;
                if ((others & ~harmless) == 0 && readsNoTable(kind, bytes, offset, length, mode)) {
                    return others | Traits.SHOWS_TRACKERS;
                }
            }
            case SET -> {
                boolean followed = named && (traits & Traits.SETS_GTID_TRACKER) == 0 && (others & ~SETS) == 0;
                if (followed && AssignedVariables.read(bytes, offset, length, mode) != null) {
                    return others | Traits.SETS_TRACKERS;
                }
            }
            default -> {}
        }
        // SHOW VARIABLES where more is going on shows Sluice's switches, and Sluice is told what happens.
        return named ? others | Traits.TIES_TRACKERS | (traits & Traits.SETS_GTID_TRACKER) : others;
    }

    /** Whether no view, and with it no function, can be behind a name: there are no names of tables. */
    private static boolean readsNoTable(StatementKind kind, byte[] bytes, int offset, int length, LexicalMode mode) {
        TokenCursor cursor = new TokenCursor();
        cursor.reset(bytes, offset, length, mode);
        boolean first = true;
        while (cursor.next() != TokenCursor.END) {
            if (cursor.type() != TokenCursor.WORD) {
                continue;
            }
            boolean mayRead = switch (LiteralReader.text(cursor)) {
                case "FROM", "TABLE", "VALUES", "WITH", "PROCEDURE" -> true;
                case "SELECT" -> kind == StatementKind.SHOW && !first;
                default -> false;
            };
            if (mayRead) {
                return false;
            }
            first = false;
        }
        return true;
    }
}
