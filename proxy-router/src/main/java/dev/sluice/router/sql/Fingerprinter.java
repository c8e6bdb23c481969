package dev.sluice.router.sql;

/**
 * Computes the fingerprint of a statement from its tokens: literals count as one marker, and lists behind IN and VALUES
 * count each different element once, so that a list of any length has the fingerprint of a short one.
 * Confined to the session's event loop.
 */
final class Fingerprinter {
    private static final int LITERAL = 1;
    private static final int NAME = 2;
    private static final int QUOTED = 3;
    private static final int VARIABLE = 4;
    private static final int HINT = 5;
    private static final int KNOWN = 6;
    private static final long LITERAL_MARK = (0x3F3F_3F3FL << 8) | LITERAL;
    private static final long SYMBOL_MARK = 0x5359_4D42L << 8;

    private final FingerprintHasher hash = new FingerprintHasher();
    private final ListFolder list = new ListFolder();
    private boolean semicolonPending;
    private boolean signPending;
    private int sign;
    private boolean afterOperand;

    void reset() {
        hash.reset();
        list.reset();
        semicolonPending = false;
        signPending = false;
        afterOperand = false;
    }

    void onToken(TokenCursor cursor) {
        if (semicolonPending) {
            semicolonPending = false;
            hash.mix(SYMBOL_MARK | ';');
        }
        if (list.isActive()) {
            list.beforeToken(cursor, hash);
        }
        int type = cursor.type();
        boolean number = type == TokenCursor.NUMBER;
        if (signPending) {
            signPending = false;
            if (!number) {
                hash.mix(SYMBOL_MARK | sign);
            }
        }
        mix(cursor, type);
        list.afterToken(cursor, hash);
    }

    private void mix(TokenCursor cursor, int type) {
        byte[] bytes = cursor.bytes();
        int start = cursor.start();
        int length = cursor.length();
        boolean operand = true;
        switch (type) {
            case TokenCursor.NUMBER, TokenCursor.STRING, TokenCursor.PLACEHOLDER -> hash.mix(LITERAL_MARK);
            case TokenCursor.WORD -> operand = mixWord(cursor, bytes, start, length);
            case TokenCursor.QUOTED_NAME -> hash.mixBytes(bytes, start, length, QUOTED);
            case TokenCursor.HINT -> hash.mixBytes(bytes, start, length, HINT);
            case TokenCursor.USER_VARIABLE, TokenCursor.SYSTEM_VARIABLE ->
                hash.mixBytes(bytes, start, length, VARIABLE);
            case TokenCursor.ASSIGNMENT -> {
                hash.mix(SYMBOL_MARK | 0x100);
                operand = false;
            }
            default -> operand = mixSymbol(cursor.symbol());
        }
        afterOperand = operand;
    }

    private boolean mixWord(TokenCursor cursor, byte[] bytes, int start, int length) {
        Word word = cursor.word();
        boolean folded = word != null && (word.folded() || isFunctionCall(cursor, word));
        if (folded) {
            hash.mixFolded(bytes, start, length, KNOWN);
        } else {
            hash.mixBytes(bytes, start, length, NAME);
        }
        return !folded;
    }

    private static boolean isFunctionCall(TokenCursor cursor, Word word) {
        return word.function() != FunctionClass.UNKNOWN && cursor.isCalled();
    }

    private boolean mixSymbol(int symbol) {
        if (symbol == ';') {
            semicolonPending = true;
            return false;
        }
        if ((symbol == '-' || symbol == '+') && !afterOperand) {
            // A sign in front of a number belongs to the literal.
            signPending = true;
            sign = symbol;
            return false;
        }
        hash.mix(SYMBOL_MARK | symbol);
        return symbol == ')' || symbol == '}';
    }

    void finish() {
        list.finish(hash);
        if (signPending) {
            hash.mix(SYMBOL_MARK | sign);
        }
    }

    long high() {
        return hash.high();
    }

    long low() {
        return hash.low();
    }
}
