package dev.sluice.router.sql;

import java.util.ArrayList;
import java.util.List;

/**
 * The properties of a statement that matter to routing and to the session, as bits of a long. A packet with several
 * statements has the union of theirs. Immutable.
 *
 * <p>Traits err on the side of presence where a text can be read in two ways, except those that end a state
 * ({@link #ENDING}): they are left out when the text contains a version comment, because nobody knows whether that part
 * runs.
 */
public final class Traits {
    /** FOR UPDATE, FOR SHARE, LOCK IN SHARE MODE, at any depth. */
    public static final long LOCKING_READ = 1L;
    /** A read with INTO: OUTFILE, DUMPFILE or variables. */
    public static final long INTO_CLAUSE = 1L << 1;
    /** Mentions a user variable. */
    public static final long USER_VARIABLE_READ = 1L << 2;
    /** May assign a user variable: {@code :=}, SET, INTO, CALL arguments, GET DIAGNOSTICS, LOAD DATA. */
    public static final long USER_VARIABLE_ASSIGNED = 1L << 3;
    /** Reads a system variable that is not known to be the same on all servers. */
    public static final long SYSTEM_VARIABLE = 1L << 4;
    /** LAST_INSERT_ID(), {@code @@identity}, {@code @@last_insert_id}. */
    public static final long LAST_INSERT_ID = 1L << 5;
    /** Asks about the statement before its packet: warnings, ROW_COUNT(), FOUND_ROWS(), GET DIAGNOSTICS. */
    public static final long DIAGNOSTICS = 1L << 6;
    /** SQL_CALC_FOUND_ROWS. */
    public static final long CALC_FOUND_ROWS = 1L << 7;
    /** GET_LOCK and the locking service's acquiring functions. */
    public static final long LOCK_FUNCTION_ACQUIRE = 1L << 8;
    /** RELEASE_LOCK, RELEASE_ALL_LOCKS and the locking service's releasing function. */
    public static final long LOCK_FUNCTION_RELEASE = 1L << 9;
    /** IS_FREE_LOCK, IS_USED_LOCK. */
    public static final long LOCK_FUNCTION_QUERY = 1L << 10;
    /** A function about this connection: CONNECTION_ID() and the like. */
    public static final long SESSION_FUNCTION = 1L << 11;
    /** A built-in with an effect, or with an answer of its own on each server. */
    public static final long SIDE_EFFECT_FUNCTION = 1L << 12;
    /** A function that is no known built-in: stored, loadable, or qualified by a schema. */
    public static final long UNKNOWN_FUNCTION = 1L << 13;
    /** More than one statement in the packet. */
    public static final long MULTI_STATEMENT = 1L << 14;
    /** A version comment; its content has been read as code. */
    public static final long EXECUTABLE_COMMENT = 1L << 15;
    /** A SET_VAR hint: the server reports a variable change that is already undone. */
    public static final long OPTIMIZER_HINT_SET_VAR = 1L << 16;
    /** CREATE TEMPORARY TABLE (or SEQUENCE) in any spelling. */
    public static final long CREATES_TEMPORARY_TABLE = 1L << 17;
    /** DROP TEMPORARY TABLE. A plain DROP TABLE may drop one too. */
    public static final long DROPS_TEMPORARY_TABLE = 1L << 18;
    /** FLUSH TABLES ... WITH READ LOCK or FOR EXPORT. */
    public static final long FLUSH_WITH_READ_LOCK = 1L << 19;
    /** LOCK TABLES. */
    public static final long LOCKS_TABLES = 1L << 20;
    /** UNLOCK TABLES: also ends FLUSH TABLES WITH READ LOCK. */
    public static final long UNLOCKS_TABLES = 1L << 21;
    /** HANDLER ... OPEN. */
    public static final long OPENS_HANDLER = 1L << 22;
    /** HANDLER ... CLOSE. */
    public static final long CLOSES_HANDLER = 1L << 23;
    /** PREPARE ... FROM as text. */
    public static final long TEXT_PREPARE = 1L << 24;
    /** DEALLOCATE PREPARE or DROP PREPARE. */
    public static final long TEXT_DEALLOCATE = 1L << 25;
    /** SET ROLE, or MariaDB's SET SESSION AUTHORIZATION. */
    public static final long SETS_ROLE = 1L << 26;
    /** LOCK INSTANCE FOR BACKUP, BACKUP STAGE, BACKUP LOCK. */
    public static final long LOCKS_INSTANCE = 1L << 27;
    /** UNLOCK INSTANCE, BACKUP STAGE END, BACKUP UNLOCK. */
    public static final long UNLOCKS_INSTANCE = 1L << 28;
    /** SET RESOURCE GROUP. */
    public static final long SETS_RESOURCE_GROUP = 1L << 29;
    /** SET GLOBAL, PERSIST or PERSIST_ONLY of something. */
    public static final long SETS_GLOBAL = 1L << 30;
    /** Sets a variable that must not be set again on another connection: timestamp, insert_id, gtid_next and others. */
    public static final long SETS_NON_REPLAYABLE = 1L << 31;
    /** SET NAMES, SET CHARACTER SET or a character set variable. */
    public static final long SETS_NAMES = 1L << 32;
    /** Characteristics for the next transaction only. */
    public static final long SETS_TRANSACTION_ONE_SHOT = 1L << 33;
    /** MariaDB's SET STATEMENT ... FOR. */
    public static final long SET_STATEMENT_FOR = 1L << 34;
    /** What runs is not visible in the text: CALL, EXECUTE, compound statements, unknown functions. */
    public static final long OPAQUE = 1L << 35;
    /** The verb writes data, schema or accounts. */
    public static final long WRITES = 1L << 36;
    /** Ends an open transaction by itself. */
    public static final long IMPLICIT_COMMIT = 1L << 37;
    /** Contains {@code ?}. */
    public static final long PLACEHOLDERS = 1L << 38;
    /** Reads tables whose content is about one server: performance_schema, sys, mysql, parts of information_schema. */
    public static final long SERVER_TABLE = 1L << 39;
    /** Text that servers or character sets read in different ways: stray bytes, unterminated quotes or comments. */
    public static final long AMBIGUOUS_TEXT = 1L << 40;
    /** COMMIT or ROLLBACK with RELEASE: the server closes the connection. */
    public static final long RELEASES_CONNECTION = 1L << 41;
    /** COMMIT or ROLLBACK with AND CHAIN: the next transaction is open already. */
    public static final long CHAINS_TRANSACTION = 1L << 42;
    /** EXPLAIN ANALYZE: runs what it explains. */
    public static final long EXPLAIN_ANALYZE = 1L << 43;
    /** Ends a connection or its statement by an id, or may do so: KILL, also in a literal that is prepared. */
    public static final long KILLS = 1L << 44;
    /** A hint that asks for consistency {@code none}. */
    public static final long CONSISTENCY_NONE = 1L << 45;
    /** A hint that asks for consistency {@code session}. */
    public static final long CONSISTENCY_SESSION = 1L << 46;
    /** A hint that asks for consistency {@code global}. */
    public static final long CONSISTENCY_GLOBAL = 1L << 47;

    /** EXECUTE of a name: the text that runs is another than the one that was read. */
    public static final long EXECUTES_BY_NAME = 1L << 48;
    /** LOAD DATA LOCAL or LOAD XML LOCAL: the server asks the client for a file. */
    public static final long LOADS_LOCAL_FILE = 1L << 49;
    /** A command by which a replica makes itself known, or asks for the binary log: its connection serves nothing else. */
    public static final long REPLICATES = 1L << 50;
    /** Shows the switches of session tracking and does nothing else: a read of no table. */
    public static final long SHOWS_TRACKERS = 1L << 51;
    /** A SET about the switches of session tracking, of which the text says what else it sets. */
    public static final long SETS_TRACKERS = 1L << 52;
    /** Any other statement about the switches of session tracking: what it changes is not known. */
    public static final long TIES_TRACKERS = 1L << 53;
    /** Switches the tracking of GTIDs. */
    public static final long SETS_GTID_TRACKER = 1L << 54;
    /** Whatever is about the switches of session tracking: a statement has one of these at most. */
    public static final long TRACKERS = SHOWS_TRACKERS | SETS_TRACKERS | TIES_TRACKERS;

    /** Of several statements, one writes where another, or itself, has ended the transaction that the packet found. */
    public static final long WRITES_OUTSIDE = 1L << 55;
    /** Asks for FOUND_ROWS(). */
    public static final long FOUND_ROWS = 1L << 56;
    /** FOUND_ROWS() may be another number than that of the rows sent, for LIMIT or the like, or a query inside another statement. */
    public static final long UNCOUNTED_ROWS = 1L << 57;

    /** SHOW [SESSION] STATUS: what the connection has counted. */
    public static final long SHOWS_STATUS = 1L << 58;
    /** Takes the next value of a sequence, which its connection remembers. */
    public static final long SEQUENCE_NEXT = 1L << 59;
    /** Asks for the value that this session has taken of a sequence last. */
    public static final long SEQUENCE_LAST = 1L << 60;

    /** LAST_INSERT_ID with an argument, which it sets the value to. */
    public static final long SETS_INSERT_ID = 1L << 61;

    /** COMMIT or ROLLBACK with NO RELEASE, whatever completion_type says. */
    public static final long KEEPS_CONNECTION = 1L << 62;

    /** SET of {@code @@name} without a scope: MariaDB does not report what it sets. */
    public static final long SETS_WITHOUT_SCOPE = 1L << 63;

    /** The hints that ask for a consistency. */
    public static final long CONSISTENCY_HINTS = CONSISTENCY_NONE | CONSISTENCY_SESSION | CONSISTENCY_GLOBAL;

    /** The traits that end a state of the session. */
    public static final long ENDING = LOCK_FUNCTION_RELEASE
            | DROPS_TEMPORARY_TABLE
            | UNLOCKS_TABLES
            | CLOSES_HANDLER
            | TEXT_DEALLOCATE
            | UNLOCKS_INSTANCE;

    private static final String[] NAMES = {
        "locking_read",
        "into_clause",
        "user_variable_read",
        "user_variable_assigned",
        "system_variable",
        "last_insert_id",
        "diagnostics",
        "calc_found_rows",
        "lock_function_acquire",
        "lock_function_release",
        "lock_function_query",
        "session_function",
        "side_effect_function",
        "unknown_function",
        "multi_statement",
        "executable_comment",
        "optimizer_hint_set_var",
        "creates_temporary_table",
        "drops_temporary_table",
        "flush_with_read_lock",
        "locks_tables",
        "unlocks_tables",
        "opens_handler",
        "closes_handler",
        "text_prepare",
        "text_deallocate",
        "sets_role",
        "locks_instance",
        "unlocks_instance",
        "sets_resource_group",
        "sets_global",
        "sets_non_replayable",
        "sets_names",
        "sets_transaction_one_shot",
        "set_statement_for",
        "opaque",
        "writes",
        "implicit_commit",
        "placeholders",
        "server_table",
        "ambiguous_text",
        "releases_connection",
        "chains_transaction",
        "explain_analyze",
        "kills",
        "consistency_none",
        "consistency_session",
        "consistency_global",
        "executes_by_name",
        "loads_local_file",
        "replicates",
        "shows_trackers",
        "sets_trackers",
        "ties_trackers",
        "sets_gtid_tracker",
        "writes_outside",
        "found_rows",
        "uncounted_rows",
        "shows_status",
        "sequence_next",
        "sequence_last",
        "sets_insert_id",
        "keeps_connection",
        "sets_without_scope",
    };

    private Traits() {}

    /** Whether {@code traits} contains at least one of {@code wanted}. */
    public static boolean any(long traits, long wanted) {
        return (traits & wanted) != 0;
    }

    /** The names of the traits that are set, in the order of their bits. */
    public static List<String> names(long traits) {
        List<String> names = new ArrayList<>();
        for (int bit = 0; bit < NAMES.length; bit++) {
            if ((traits & (1L << bit)) != 0) {
                names.add(NAMES[bit]);
            }
        }
        return names;
    }
}
