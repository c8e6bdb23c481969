package dev.sluice.router.sql;

/**
 * What a decision is remembered by: the fingerprint, the lexical mode, and what the lexer found in this very text, so
 * that a decision is never used for a statement with other traits. Immutable.
 */
record StatementKey(long fingerprintHigh, long fingerprintLow, long traits, int mode) {

    static StatementKey of(StatementLexer lexer) {
        return new StatementKey(
                lexer.fingerprintHigh(),
                lexer.fingerprintLow(),
                lexer.traits(),
                lexer.mode().index());
    }

    static StatementKey of(Classification classification, int mode) {
        return new StatementKey(
                classification.fingerprintHigh(), classification.fingerprintLow(), classification.traits(), mode);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(fingerprintLow);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof StatementKey key
                && key.fingerprintLow == fingerprintLow
                && key.fingerprintHigh == fingerprintHigh
                && key.traits == traits
                && key.mode == mode;
    }
}
