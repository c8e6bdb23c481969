package dev.sluice.router.session;

import java.util.Locale;

/**
 * Why a session cannot leave one backend connection. Each reason names a piece of server-side state that no other
 * connection has and that cannot be rebuilt there. Immutable.
 */
public enum PinReason {
    /** A temporary table exists, or may exist. */
    TEMPORARY_TABLE,
    /** A user variable was assigned a value that is not known: not a literal, or not by a SET of its own. */
    USER_VARIABLE,
    /** A lock taken by GET_LOCK is held, or may be held. */
    USER_LOCK,
    /** LOCK TABLES or FLUSH TABLES t WITH READ LOCK is in force. */
    TABLE_LOCK,
    /** FLUSH TABLES WITH READ LOCK is in force. */
    GLOBAL_READ_LOCK,
    /** LOCK INSTANCE FOR BACKUP or BACKUP STAGE is in force. */
    INSTANCE_LOCK,
    /** A HANDLER is open. */
    HANDLER,
    /** A statement prepared by the text protocol (PREPARE ... FROM) exists. */
    TEXT_PREPARE,
    /** A server-side cursor is open. */
    CURSOR,
    /** Parameter data was sent for a prepared statement that was not executed yet. */
    LONG_DATA,
    /** SET TRANSACTION waits for the next transaction. */
    TRANSACTION_CHARACTERISTICS,
    /** A savepoint was set with autocommit off and no transaction open: the next transaction will know it. */
    SAVEPOINT,
    /** SET ROLE changed the active roles. */
    ROLE,
    /** SET RESOURCE GROUP moved the connection's thread. */
    RESOURCE_GROUP,
    /** A session variable was set whose value cannot be repeated elsewhere (timestamp, insert_id, gtid_next, ...). */
    NON_REPLAYABLE_VARIABLE,
    /** A stored routine, or an unknown function, ran: what it left behind is not visible. */
    ROUTINE,
    /** The server said that session state changed and nothing in the statement explains how. */
    UNREPORTED_CHANGE,
    /** A statement too large to be read whole ran. */
    LARGE_STATEMENT,
    /** A value of a sequence was taken, and sessions of this user were seen to ask for it afterwards. */
    SEQUENCE,
    /** Profiling or the optimizer trace is on: what they record is on that connection, and a reset leaves it there. */
    PROFILING,
    /** The client has registered as a replica, or reads the binary log. */
    REPLICATION,
    /** A statement about the switches of session tracking ran of which it is not known what else it changed. */
    SESSION_TRACKING,
    /** The last statement failed, left warnings or a FOUND_ROWS() count; kept until the next statement. */
    LAST_STATEMENT;

    private static final PinReason[] VALUES = values();

    private final String label = name().toLowerCase(Locale.ROOT);

    /** The bit of this reason in a pin mask; masks live in memory only. */
    @SuppressWarnings("EnumOrdinal")
    public int bit() {
        return 1 << ordinal();
    }

    /** The lower-case name, as metrics, logs and {@code SHOW SLUICE ROUTE} print it. */
    public String label() {
        return label;
    }

    /** Renders a pin mask as a comma-separated list of labels, empty when nothing pins. */
    public static String describe(int mask) {
        StringBuilder text = new StringBuilder();
        for (PinReason reason : VALUES) {
            if ((mask & reason.bit()) != 0) {
                text.append(text.isEmpty() ? "" : ",").append(reason.label);
            }
        }
        return text.toString();
    }
}
