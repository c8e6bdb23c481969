package dev.sluice.router;

import java.util.Locale;

/**
 * Why a statement goes where it goes. Every decision carries exactly one; the lower-case name is the metric label, the
 * log value and what {@code sluice explain} prints. Immutable.
 */
public enum RouteReason {
    // ---- decided by the statement alone (dev.sluice.router.sql) ----
    /** A read without side effects, confirmed by lexer and parser. */
    READ,
    /** The verb writes: INSERT, UPDATE, DELETE, DDL, GRANT, LOAD and the like. */
    WRITE,
    /** FOR UPDATE, FOR SHARE or LOCK IN SHARE MODE, in any spelling and any depth. */
    LOCKING_READ,
    /** SELECT ... INTO OUTFILE, DUMPFILE or a variable. */
    INTO_CLAUSE,
    /** Assigns user variables. */
    USER_VARIABLE,
    /** A function whose answer belongs to the session or the connection: LAST_INSERT_ID, CONNECTION_ID and the like. */
    SESSION_FUNCTION,
    /** GET_LOCK and its family. */
    LOCK_FUNCTION,
    /** A built-in function with an effect or an answer of its own on each server: UUID_SHORT, NEXTVAL, ... */
    SIDE_EFFECT_FUNCTION,
    /** A function that is not a known built-in: it may write. */
    UNKNOWN_FUNCTION,
    /** Reads a system variable whose value belongs to one server or session. */
    SYSTEM_VARIABLE,
    /** Several statements in one packet. */
    MULTI_STATEMENT,
    /** BEGIN, COMMIT, ROLLBACK, SAVEPOINT, XA and the like outside a read-only transaction. */
    TRANSACTION_CONTROL,
    /** SET, USE, PREPARE and others that change the session. */
    SESSION_STATEMENT,
    /** CALL, DO, HANDLER and EXECUTE: what runs inside is not visible in the text. */
    OPAQUE_STATEMENT,
    /** SHOW and other statements whose answer belongs to the primary or the session. */
    SERVER_STATEMENT,
    /** EXPLAIN ANALYZE, or EXPLAIN of a statement that is no read. */
    EXPLAIN_WRITE,
    /** A version comment or other text whose meaning differs between servers. */
    EXECUTABLE_COMMENT,
    /** Verb or text that the lexer does not know. */
    UNKNOWN_STATEMENT,
    /** Lexer and parser disagree, or the parser failed. */
    UNPARSABLE,
    /** Longer or deeper than what is parsed. */
    TOO_LARGE,
    /** The parser pool was full or the deadline passed. */
    PARSER_BUSY,
    /** A lexical mode (character set, sql_mode) that is not known for sure. */
    UNKNOWN_LEXICAL_MODE,

    // ---- decided by the session (dev.sluice.router.session) ----
    /** An open read-write transaction keeps its connection. */
    IN_TRANSACTION,
    /** An open read-only transaction keeps its replica. */
    READ_ONLY_TRANSACTION,
    /** START TRANSACTION READ ONLY, or a session whose access mode is READ ONLY: the transaction may live on a replica. */
    BEGIN_READ_ONLY,
    /** The session is pinned to one backend connection; the pin reasons say why. */
    PINNED,
    /** The answer is about the last statement of this session, which ran on that connection. */
    LAST_STATEMENT,
    /** Isolation level SERIALIZABLE turns plain reads into locking reads. */
    SERIALIZABLE,
    /** autocommit=0: the next table access opens a transaction. */
    AUTOCOMMIT_OFF,

    /** Read splitting is switched off. */
    SPLITTING_OFF,

    // ---- decided by the topology ----
    /** No replica is online and within the lag limit. */
    NO_REPLICA,
    /** No replica is known to have what this read may not miss: own writes, earlier reads, or all writes. */
    REPLICA_BEHIND,
    /** The read waits on a replica that is expected to have in a moment what it may not miss. */
    CAUSAL_WAIT,
    /** A replica refused the statement as a write; it has changed nothing and went to the primary. */
    REPLICA_REFUSED,
    /** The same statement was refused by a replica before. */
    LEARNED_WRITE,
    /** A command that is not a statement and is about the server or the session. */
    COMMAND;

    private final String label = name().toLowerCase(Locale.ROOT);

    /** The lower-case name, as metrics and logs show it. */
    public String label() {
        return label;
    }
}
