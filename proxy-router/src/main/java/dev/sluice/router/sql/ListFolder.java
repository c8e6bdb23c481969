package dev.sluice.router.sql;

/**
 * Makes repeated elements of the lists behind IN and VALUES count once in a fingerprint. Each element is hashed from the
 * same starting point; one that equals the element before it is dropped. Confined to the session's event loop.
 *
 * <p>One list is folded at a time: a subquery inside a list ends the folding, so that lists inside it get their turn.
 */
final class ListFolder {
    private enum State {
        NONE,
        /** IN or VALUES has been seen. */
        ANNOUNCED,
        /** Inside an element. */
        ELEMENT,
        /** Behind a row of VALUES: a comma goes on, anything else ends the list. */
        BETWEEN
    }

    private State state = State.NONE;
    private boolean rows;
    /** Of parentheses, behind the word that announced the list. */
    private int depth;

    private int listDepth;
    private long startA;
    private long startB;
    /** Of an element that is a literal and nothing else. */
    private long literalA;

    private long literalB;
    private long lastA;
    private long lastB;
    private long keptA;
    private long keptB;
    private int kept;

    void reset() {
        if (state != State.NONE) {
            state = State.NONE;
        }
    }

    /** Whether a list is being read or announced. */
    boolean isActive() {
        return state != State.NONE;
    }

    void beforeToken(TokenCursor cursor, FingerprintHasher hash) {
        int symbol = cursor.symbol();
        if (state == State.ANNOUNCED) {
            if (symbol != '(' && !isRow(cursor)) {
                state = State.NONE;
            } else if (rows) {
                open(hash, depth);
            }
        } else if (state == State.BETWEEN) {
            if (symbol == ',') {
                return;
            }
            close(hash);
        } else if (!rows && depth == listDepth && (symbol == ',' || symbol == ')')) {
            endElement(hash);
            if (symbol == ')') {
                close(hash);
            }
        }
    }

    private static boolean isRow(TokenCursor cursor) {
        // VALUES ROW(1, 2), ROW(3, 4)
        return cursor.type() == TokenCursor.WORD
                && cursor.length() == 3
                && (cursor.bytes()[cursor.start()] | 0x20) == 'r';
    }

    void afterToken(TokenCursor cursor, FingerprintHasher hash) {
        int symbol = cursor.symbol();
        if (symbol == '(') {
            depth++;
            if (state == State.ANNOUNCED) {
                open(hash, depth);
            }
        } else if (symbol == ')') {
            depth--;
            if (state == State.ELEMENT && rows && depth == listDepth) {
                endElement(hash);
                state = State.BETWEEN;
            }
        } else if (symbol == ','
                && (state == State.BETWEEN || (state == State.ELEMENT && !rows && depth == listDepth))) {
            hash.set(startA, startB);
            if (state != State.ELEMENT) {
                state = State.ELEMENT;
            } else if (lastA == literalA && lastB == literalB) {
                // What comes again and again: none of them would count.
                cursor.skipNumbers();
            }
        } else if (cursor.type() == TokenCursor.WORD) {
            onWord(cursor, hash);
        }
    }

    private void onWord(TokenCursor cursor, FingerprintHasher hash) {
        Word word = cursor.word();
        if (word == null) {
            return;
        }
        switch (word.keyword()) {
            case SELECT, WITH, TABLE -> {
                if (state != State.NONE) {
                    close(hash);
                }
            }
            case IN, VALUES, VALUE -> {
                if (state == State.NONE) {
                    state = State.ANNOUNCED;
                    depth = 0;
                    rows = word.keyword() != Keyword.IN;
                }
            }
            default -> {}
        }
    }

    private void open(FingerprintHasher hash, int newListDepth) {
        state = State.ELEMENT;
        listDepth = newListDepth;
        kept = 0;
        startA = hash.a;
        startB = hash.b;
        hash.mix(Fingerprinter.LITERAL_MARK);
        literalA = hash.a;
        literalB = hash.b;
        hash.set(startA, startB);
        lastA = 0;
        lastB = 0;
    }

    private void endElement(FingerprintHasher hash) {
        if (kept == 0) {
            keptA = hash.a;
            keptB = hash.b;
            kept = 1;
        } else if (hash.a != lastA || hash.b != lastB) {
            long elementA = hash.a;
            long elementB = hash.b;
            hash.set(keptA, keptB);
            hash.mix(elementA);
            hash.mix(elementB);
            keptA = hash.a;
            keptB = hash.b;
            kept++;
            lastA = elementA;
            lastB = elementB;
            return;
        }
        lastA = hash.a;
        lastB = hash.b;
    }

    /** Goes on behind the list, or from inside an element that is no plain one. */
    private void close(FingerprintHasher hash) {
        if (state == State.ELEMENT && kept > 0 && (hash.a != lastA || hash.b != lastB)) {
            long elementA = hash.a;
            long elementB = hash.b;
            hash.set(keptA, keptB);
            hash.mix(elementA);
            hash.mix(elementB);
        } else if (kept > 0) {
            hash.set(keptA, keptB);
        }
        state = State.NONE;
    }

    void finish(FingerprintHasher hash) {
        if (state == State.BETWEEN || state == State.ELEMENT) {
            close(hash);
        }
    }
}
