package dev.sluice.router.sql;

import io.netty.buffer.ByteBuf;
import java.util.Objects;

/**
 * Reads the text of a statement once and knows afterwards its kind, its traits, its fingerprint and how deeply it is
 * nested. It works on the bytes of heap buffers in place, and on a reused copy of others; reading allocates nothing once
 * that copy is large enough. Confined to the session's event loop.
 */
public final class StatementLexer {
    /** Above this size the copy of a statement is not kept for the next one. */
    private static final int SCRATCH_BYTES_KEPT = 64 * 1024;

    private static final long TRANSACTION_UNCERTAIN =
            Traits.MULTI_STATEMENT | Traits.EXECUTABLE_COMMENT | Traits.AMBIGUOUS_TEXT | Traits.SET_STATEMENT_FOR;

    /** Where a verb may stand elsewhere than in front: behind what a server skips, and inside of other statements. */
    private static final long KILL_HIDERS = Traits.EXECUTABLE_COMMENT | Traits.OPAQUE;

    private final TokenCursor cursor = new TokenCursor();
    private final TraitCollector collector = new TraitCollector();
    private final Fingerprinter fingerprinter = new Fingerprinter();
    private final RoutineEnd routineEnd = new RoutineEnd();
    private final StatementKey key = new StatementKey();
    private byte[] scratch = new byte[1024];

    private LexicalMode mode = LexicalMode.DEFAULT;
    private StatementKind kind = StatementKind.EMPTY;
    private long traits;
    private int nestingDepth;
    private long fingerprintHigh;
    private long fingerprintLow;

    /** Reads the {@code length} bytes from {@code index} on; the buffer's indices do not move. */
    public void lex(ByteBuf statement, int index, int length, LexicalMode newMode) {
        if (statement.hasArray()) {
            Objects.checkFromIndexSize(index, length, statement.capacity());
            lex(statement.array(), statement.arrayOffset() + index, length, newMode);
            return;
        }
        if (scratch.length < length) {
            scratch = new byte[length];
        }
        statement.getBytes(index, scratch, 0, length);
        lex(scratch, 0, length, newMode);
        if (scratch.length > SCRATCH_BYTES_KEPT) {
            scratch = new byte[1024];
        }
    }

    /** The same for bytes in an array. */
    void lex(byte[] bytes, int offset, int length, LexicalMode newMode) {
        mode = newMode;
        cursor.reset(bytes, offset, length, newMode);
        collector.reset(newMode);
        fingerprinter.reset();
        read();
        settleUncertain(bytes, offset, length);
        fingerprinter.finish();
        fingerprintHigh = fingerprinter.high();
        fingerprintLow = fingerprinter.low();
        nestingDepth = collector.deepest();
    }

    private void read() {
        StatementKind first = StatementKind.EMPTY;
        long found = 0;
        boolean asks = true;
        boolean separated = false;
        boolean ended = false;
        routineEnd.reset();
        while (cursor.next() != TokenCursor.END) {
            fingerprinter.onToken(cursor);
            if (cursor.symbol() == ';') {
                separated = true;
                continue;
            }
            if (separated) {
                separated = false;
                if (collector.isRoutine()) {
                    routineEnd.onStatementInside(cursor);
                } else if (collector.kind() != StatementKind.EMPTY) {
                    asks = first == StatementKind.EMPTY ? (collector.traits() & Traits.DIAGNOSTICS) != 0 : asks;
                    first = first == StatementKind.EMPTY ? collector.kind() : first;
                    found |= collector.traits() | Traits.MULTI_STATEMENT | writesOutside(ended);
                    ended |= endsTransaction();
                    collector.startStatement();
                }
            }
            collector.onToken(cursor);
            if (collector.isRoutine()) {
                routineEnd.onToken(cursor);
            }
        }
        StatementKind firstKind = first == StatementKind.EMPTY ? collector.kind() : first;
        if (kind != firstKind) {
            kind = firstKind;
        }
        found |= (found & Traits.MULTI_STATEMENT) == 0 ? 0 : writesOutside(ended);
        traits = found | collector.traits() | cursor.textTraits() | routineEnd.traits();
        if (!asks && (traits & (Traits.EXECUTABLE_COMMENT | Traits.AMBIGUOUS_TEXT)) == 0) {
            // What a later statement asks about is in the packet, too.
            traits &= ~Traits.DIAGNOSTICS;
        }
    }

    /** Whether the statement that was read last may end a transaction. */
    private boolean endsTransaction() {
        return switch (collector.kind()) {
            case COMMIT, ROLLBACK, XA, SET -> true;
            default -> (collector.traits() & Traits.IMPLICIT_COMMIT) != 0;
        };
    }

    /** Whether the statement that was read last writes when a transaction may be over, perhaps by its own doing. */
    private long writesOutside(boolean ended) {
        boolean writes = (collector.traits() & Traits.WRITES) != 0;
        return writes && (ended || endsTransaction()) ? Traits.WRITES_OUTSIDE : 0;
    }

    /** What may or may not run must not end a state, nor promise that a transaction is read-only; but it may kill. */
    private void settleUncertain(byte[] bytes, int offset, int length) {
        if (collector.namesKill() && (traits & KILL_HIDERS) != 0) {
            traits |= Traits.KILLS;
        }
        boolean uncertain = (traits & (Traits.EXECUTABLE_COMMENT | Traits.AMBIGUOUS_TEXT)) != 0;
        if (uncertain) {
            traits &= ~Traits.ENDING;
        }
        if (uncertain && (traits & Traits.MULTI_STATEMENT) != 0 && (traits & Traits.WRITES) != 0) {
            traits |= Traits.WRITES_OUTSIDE;
        }
        if ((traits & Traits.TRACKERS) != 0) {
            traits = TrackerStatement.settle(kind, traits, bytes, offset, length, mode);
        }
        if (kind == StatementKind.START_TRANSACTION_READ_ONLY && (traits & TRANSACTION_UNCERTAIN) != 0) {
            kind = StatementKind.START_TRANSACTION;
        }
    }

    /** The lexical mode the statement was read in. */
    public LexicalMode mode() {
        return mode;
    }

    /** The verb of the first statement. */
    public StatementKind kind() {
        return kind;
    }

    /** Bits of {@link Traits}, the union over all statements of the packet. */
    public long traits() {
        return traits;
    }

    /** The deepest nesting of parentheses. */
    public int nestingDepth() {
        return nestingDepth;
    }

    /** What the statement is looked up by, until the next one is read. */
    StatementKey key() {
        return key.set(this);
    }

    /** The upper half of the fingerprint. */
    public long fingerprintHigh() {
        return fingerprintHigh;
    }

    /** The lower half of the fingerprint. */
    public long fingerprintLow() {
        return fingerprintLow;
    }
}
