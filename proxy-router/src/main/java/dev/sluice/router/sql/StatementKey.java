package dev.sluice.router.sql;

import org.jspecify.annotations.Nullable;

/**
 * What a decision is remembered by: the fingerprint, the lexical mode, and what the lexer found in this very text, so
 * that a decision is never used for a statement with other traits. Does not change while it is in a cache; one that is only
 * for looking up is {@link #set} again and again by the thread that owns it, so that this allocates nothing.
 */
final class StatementKey {
    private long fingerprintHigh;
    private long fingerprintLow;
    private long traits;
    private int mode;

    /** The key of the statement that was read last. */
    static StatementKey of(StatementLexer lexer) {
        return new StatementKey().set(lexer);
    }

    static StatementKey of(Classification classification, int mode) {
        StatementKey key = new StatementKey();
        key.fingerprintHigh = classification.fingerprintHigh();
        key.fingerprintLow = classification.fingerprintLow();
        key.traits = classification.traits();
        key.mode = mode;
        return key;
    }

    /** Makes this the key of the statement that was read last. */
    StatementKey set(StatementLexer lexer) {
        fingerprintHigh = lexer.fingerprintHigh();
        fingerprintLow = lexer.fingerprintLow();
        traits = lexer.traits();
        mode = lexer.mode().index();
        return this;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(fingerprintLow);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof StatementKey key
                && key.fingerprintLow == fingerprintLow
                && key.fingerprintHigh == fingerprintHigh
                && key.traits == traits
                && key.mode == mode;
    }
}
