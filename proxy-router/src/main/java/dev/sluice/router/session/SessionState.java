package dev.sluice.router.session;

import static java.util.Objects.requireNonNull;

import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.LexicalCharset;
import dev.sluice.router.sql.LexicalMode;
import dev.sluice.router.sql.StatementKind;
import dev.sluice.router.sql.Traits;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is known about one session's state on its servers: state vector, open transaction, pins, and the lexical mode
 * that follows from them. Pure data; it learns from the servers' answers and never asks. Confined to the session's
 * event loop.
 *
 * <pre>
 * free ──IN_TRANS in a status──► in transaction (slot, read-only or not) ──status without IN_TRANS──► free
 * free ──a pin reason appears──► pinned to the slot ──the last reason goes──► free
 * </pre>
 *
 * A session is free to use any connection exactly when it is neither in a transaction nor pinned.
 */
public final class SessionState {
    /** Bound on the characters of replayable variables; beyond it the session is pinned instead. */
    public static final int VECTOR_CHARACTERS_MAX = 64 * 1024;

    /** The pins that let the session go on elsewhere; a cursor stays where it is. */
    static final int LOOSE = PinReason.LAST_STATEMENT.bit() | PinReason.CURSOR.bit();

    private static final String AUTOCOMMIT = "autocommit";
    private static final Set<String> SERVER_SCHEMAS =
            Set.of("mysql", "performance_schema", "sys", "information_schema");

    private final String defaultSqlMode;
    private StateVector vector;
    private LexicalMode lexicalMode;
    private boolean inServerSchema;
    private @Nullable Slot transactionSlot;
    private boolean readOnlyTransaction;
    private int primaryPins;
    private int replicaPins;
    private boolean readOnlyNextOnReplica;

    /**
     * @param vector the state right after the login
     * @param defaultSqlMode the sql_mode that sessions of this server start with
     */
    public SessionState(StateVector vector, String defaultSqlMode) {
        this.vector = vector.interned();
        this.inServerSchema = isServerSchema(vector.schema());
        this.defaultSqlMode = defaultSqlMode;
        this.lexicalMode = lexicalModeOf(vector, defaultSqlMode);
    }

    /** Whether the server ends the connection behind a statement that has succeeded, for its text or completion_type say so. */
    public boolean endsConnection(Classification statement) {
        boolean ends = statement.kind() == StatementKind.COMMIT || statement.kind() == StatementKind.ROLLBACK;
        return statement.has(Traits.RELEASES_CONNECTION)
                || (ends && !statement.has(Traits.KEEPS_CONNECTION) && "RELEASE".equals(vector.get("completion_type")));
    }

    /** The replayable state. */
    public StateVector vector() {
        return vector;
    }

    /** Replaces the replayable state; the lexical mode follows. */
    @SuppressWarnings("ReferenceEquality") // equal but not identical vectors only cost a recomputation
    public void vector(StateVector newVector) {
        if (vector != newVector) {
            vector = newVector.interned();
            inServerSchema = isServerSchema(newVector.schema());
            lexicalMode = lexicalModeOf(newVector, defaultSqlMode);
        }
    }

    /** The state to prepare a statement in that was first prepared in {@code reading}. */
    StateVector vectorForPreparing(StateVector reading) {
        return vector.readingAs(reading, defaultSqlMode);
    }

    /** How this session's statements are to be read. */
    public LexicalMode lexicalMode() {
        return lexicalMode;
    }

    /** Whether an empty string literal is NULL, as MariaDB has it in one sql_mode. */
    boolean isEmptyStringNull() {
        return ("," + sqlModeOf(vector, defaultSqlMode) + ",").contains(",EMPTY_STRING_IS_NULL,");
    }

    /** The slot whose connection has an open transaction, or null. */
    public @Nullable Slot transactionSlot() {
        return transactionSlot;
    }

    /** Whether a transaction is open. */
    public boolean inTransaction() {
        return transactionSlot != null;
    }

    /** Whether the open transaction is read-only. */
    public boolean inReadOnlyTransaction() {
        return transactionSlot != null && readOnlyTransaction;
    }

    /** Takes the transaction flags of a status word that the connection in {@code slot} sent. */
    public void observeTransaction(Slot slot, boolean inTransaction, boolean readOnly) {
        if (inTransaction) {
            transactionSlot = slot;
            readOnlyTransaction = readOnly;
        } else if (transactionSlot == slot) {
            transactionSlot = null;
            readOnlyTransaction = false;
        }
    }

    /** The server said by its status flags whether autocommit is on. */
    public void observeAutocommit(boolean on) {
        if (on == autocommitOff()) {
            vector = vector.with(AUTOCOMMIT, on ? "ON" : "OFF").interned();
        }
    }

    /** Whether autocommit is off: the next table access opens a transaction. */
    public boolean autocommitOff() {
        return "OFF".equals(vector.get(AUTOCOMMIT));
    }

    /** Whether transactions of this session are read-only unless they say otherwise. */
    public boolean readOnlyByDefault() {
        return "ON".equals(variable("transaction_read_only", "tx_read_only"));
    }

    /** Whether the isolation level is SERIALIZABLE. */
    public boolean serializable() {
        return "SERIALIZABLE".equals(variable("transaction_isolation", "tx_isolation"));
    }

    /** Whether unqualified tables are about one server: their contents differ between servers. */
    public boolean inServerSchema() {
        return inServerSchema;
    }

    private static boolean isServerSchema(@Nullable String schema) {
        return schema != null && SERVER_SCHEMAS.contains(schema.toLowerCase(Locale.ROOT));
    }

    private @Nullable String variable(String name, String mariaDbName) {
        String value = vector.get(name);
        return value != null ? value : vector.get(mariaDbName);
    }

    /** The pins of a slot as a mask of {@link PinReason#bit()}. */
    public int pins(Slot slot) {
        return slot == Slot.PRIMARY ? primaryPins : replicaPins;
    }

    /** The pins of both slots. */
    public int pins() {
        return primaryPins | replicaPins;
    }

    /** Adds or removes one pin reason. */
    public void pin(Slot slot, PinReason reason, boolean pinned) {
        int mask = pinned ? pins(slot) | reason.bit() : pins(slot) & ~reason.bit();
        if (slot == Slot.PRIMARY) {
            primaryPins = mask;
        } else {
            replicaPins = mask;
        }
    }

    /** Whether the next transaction on the replica's connection is read-only for a reason of its own. */
    void readOnlyNextOnReplica(boolean readOnly) {
        readOnlyNextOnReplica = readOnly;
    }

    /** Whether nothing ties the session to its replica but that the next transaction there is to be read-only. */
    public boolean isReadOnlyNextOnReplica() {
        return readOnlyNextOnReplica
                && transactionSlot == null
                && (replicaPins & ~LOOSE) == PinReason.TRANSACTION_CHARACTERISTICS.bit();
    }

    /** Whether anything ties the session to the connection in {@code slot}. */
    public boolean tiedTo(Slot slot) {
        return transactionSlot == slot || pins(slot) != 0;
    }

    /** Whether nothing but a cursor ties the session to the connection in {@code slot}, or nothing at all. */
    public boolean mayLeave(Slot slot) {
        return transactionSlot != slot && (pins(slot) & ~PinReason.CURSOR.bit()) == 0;
    }

    /** Forgets everything that lived on the connection in {@code slot}: it was reset or has died. */
    public void connectionGone(Slot slot) {
        if (transactionSlot == slot) {
            transactionSlot = null;
            readOnlyTransaction = false;
        }
        if (slot == Slot.PRIMARY) {
            primaryPins = 0;
        } else {
            replicaPins = 0;
        }
    }

    private static LexicalMode lexicalModeOf(StateVector vector, String defaultSqlMode) {
        String charset = requireNonNull(
                vector.get(StateVector.CHARACTER_SET_CLIENT), "a session vector always names its character set");
        String modes = "," + sqlModeOf(vector, defaultSqlMode) + ",";
        return LexicalMode.of(
                modes.contains(",ANSI_QUOTES,"),
                modes.contains(",NO_BACKSLASH_ESCAPES,"),
                modes.contains(",IGNORE_SPACE,"),
                LexicalCharset.of(charset));
    }

    private static String sqlModeOf(StateVector vector, String defaultSqlMode) {
        String sqlMode = vector.get("sql_mode");
        return sqlMode == null ? defaultSqlMode : sqlMode;
    }
}
