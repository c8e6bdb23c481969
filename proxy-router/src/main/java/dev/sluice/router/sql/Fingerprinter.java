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
    static final long LITERAL_MARK = (0x3F3F_3F3FL << 8) | LITERAL;
    private static final long NAME_MARK = 0x4E41_4D45L << 24 | NAME;
    private static final long SYMBOL_MARK = 0x5359_4D42L << 8;
    private static final long ASSIGNMENT_MARK = SYMBOL_MARK | 0x100;

    private final FingerprintHasher hash = new FingerprintHasher();
    private final ListFolder list = new ListFolder();
    /** A semicolon that counts if something follows it, or a sign that counts unless a number does; else 0. */
    private int pending;

    private boolean afterOperand;

    void reset() {
        hash.reset();
        list.reset();
        pending = 0;
        afterOperand = false;
    }

    void onToken(TokenCursor cursor) {
        if (pending == ';') {
            settlePending();
        }
        boolean listed = list.isActive();
        if (listed) {
            list.beforeToken(cursor, hash);
        }
        if (pending != 0) {
            if (cursor.type() == TokenCursor.NUMBER) {
                pending = 0;
            } else {
                settlePending();
            }
        }
        mix(cursor);
        if (listed || (Vocabulary.flags(cursor.wordId()) & Vocabulary.ANNOUNCES_LIST) != 0) {
            list.afterToken(cursor, hash);
        }
    }

    private void settlePending() {
        hash.mix(SYMBOL_MARK | pending);
        pending = 0;
    }

    private void mix(TokenCursor cursor) {
        int type = cursor.type();
        if (type == TokenCursor.WORD) {
            afterOperand = mixWord(cursor);
        } else if (type == TokenCursor.SYMBOL) {
            afterOperand = mixSymbol(cursor.symbol());
        } else {
            afterOperand = mixOther(cursor, type);
        }
    }

    private boolean mixOther(TokenCursor cursor, int type) {
        byte[] bytes = cursor.bytes();
        int start = cursor.start();
        int length = cursor.length();
        switch (type) {
            case TokenCursor.NUMBER, TokenCursor.STRING, TokenCursor.PLACEHOLDER -> hash.mix(LITERAL_MARK);
            case TokenCursor.QUOTED_NAME -> hash.mixBytes(bytes, start, length, QUOTED);
            case TokenCursor.HINT -> hash.mixBytes(bytes, start, length, HINT);
            case TokenCursor.USER_VARIABLE, TokenCursor.SYSTEM_VARIABLE ->
                hash.mixBytes(bytes, start, length, VARIABLE);
            default -> {
                hash.mix(ASSIGNMENT_MARK);
                return false;
            }
        }
        return true;
    }

    private boolean mixWord(TokenCursor cursor) {
        int length = cursor.length();
        int id = cursor.wordId();
        int flags = Vocabulary.flags(id);
        boolean folded = (flags & Vocabulary.FOLDED) != 0 || ((flags & Vocabulary.CALLABLE) != 0 && cursor.isCalled());
        if (folded) {
            hash.mix(Vocabulary.mark(id));
        } else if (length <= PackedBytes.SIZE) {
            // No name has a byte that is 0: the others say how many there are.
            hash.mix(cursor.wordHead() ^ NAME_MARK);
        } else {
            hash.mixBytes(cursor.bytes(), cursor.start(), length, NAME);
        }
        return !folded;
    }

    private boolean mixSymbol(int symbol) {
        boolean sign = (symbol == '-' || symbol == '+') && !afterOperand;
        if (symbol == ';' || sign) {
            // A sign in front of a number belongs to the literal.
            pending = symbol;
            return false;
        }
        hash.mix(SYMBOL_MARK | symbol);
        return symbol == ')' || symbol == '}';
    }

    void finish() {
        list.finish(hash);
        if (pending != 0 && pending != ';') {
            settlePending();
        }
    }

    long high() {
        return hash.high();
    }

    long low() {
        return hash.low();
    }
}
