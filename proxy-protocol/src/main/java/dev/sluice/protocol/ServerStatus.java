package dev.sluice.protocol;

import java.util.StringJoiner;

/**
 * The status flags that end every OK and EOF packet. Thread-safe: constants and functions only.
 *
 * @see <a
 *     href="https://dev.mysql.com/doc/dev/mysql-server/latest/mysql__com_8h.html#a1d854e841086925be1883e4d7b4e8cad">Status
 *     flags</a>
 */
public final class ServerStatus {
    /** A transaction is open. */
    public static final int SERVER_STATUS_IN_TRANS = 0x0001;

    /** autocommit is on. */
    public static final int SERVER_STATUS_AUTOCOMMIT = 0x0002;

    /** Another result follows this one. */
    public static final int SERVER_MORE_RESULTS_EXISTS = 0x0008;

    /** Only for the slow query log. */
    public static final int SERVER_QUERY_NO_GOOD_INDEX_USED = 0x0010;

    /** Only for the slow query log. */
    public static final int SERVER_QUERY_NO_INDEX_USED = 0x0020;

    /** A cursor was opened; rows come by COM_STMT_FETCH. */
    public static final int SERVER_STATUS_CURSOR_EXISTS = 0x0040;

    /** The cursor has no more rows. */
    public static final int SERVER_STATUS_LAST_ROW_SENT = 0x0080;

    /** The default schema was dropped. */
    public static final int SERVER_STATUS_DB_DROPPED = 0x0100;

    /** A backslash in a string is an ordinary character. */
    public static final int SERVER_STATUS_NO_BACKSLASH_ESCAPES = 0x0200;

    /** The columns of a prepared statement changed since it was prepared. */
    public static final int SERVER_STATUS_METADATA_CHANGED = 0x0400;

    /** Longer than long_query_time. */
    public static final int SERVER_QUERY_WAS_SLOW = 0x0800;

    /** This result set holds the OUT parameters of a CALL. */
    public static final int SERVER_PS_OUT_PARAMS = 0x1000;

    /** The open transaction is read only. */
    public static final int SERVER_STATUS_IN_TRANS_READONLY = 0x2000;

    /** The OK packet carries session state. */
    public static final int SERVER_SESSION_STATE_CHANGED = 0x4000;

    /** MariaDB only: double quotes enclose identifiers. */
    public static final int SERVER_STATUS_ANSI_QUOTES = 0x8000;

    private static final String[] NAMES = {
        "SERVER_STATUS_IN_TRANS",
        "SERVER_STATUS_AUTOCOMMIT",
        "0x0004",
        "SERVER_MORE_RESULTS_EXISTS",
        "SERVER_QUERY_NO_GOOD_INDEX_USED",
        "SERVER_QUERY_NO_INDEX_USED",
        "SERVER_STATUS_CURSOR_EXISTS",
        "SERVER_STATUS_LAST_ROW_SENT",
        "SERVER_STATUS_DB_DROPPED",
        "SERVER_STATUS_NO_BACKSLASH_ESCAPES",
        "SERVER_STATUS_METADATA_CHANGED",
        "SERVER_QUERY_WAS_SLOW",
        "SERVER_PS_OUT_PARAMS",
        "SERVER_STATUS_IN_TRANS_READONLY",
        "SERVER_SESSION_STATE_CHANGED",
        "SERVER_STATUS_ANSI_QUOTES"
    };

    private ServerStatus() {}

    /** The names of the set flags from the lowest bit up, joined by {@code |}; {@code 0} if none is set. */
    public static String describe(int status) {
        StringJoiner names = new StringJoiner("|").setEmptyValue("0");
        for (int bit = 0; bit < NAMES.length; bit++) {
            if ((status & (1 << bit)) != 0) {
                names.add(NAMES[bit]);
            }
        }
        return names.toString();
    }
}
