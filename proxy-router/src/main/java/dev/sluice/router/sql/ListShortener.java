package dev.sluice.router.sql;

import org.jspecify.annotations.Nullable;

/**
 * Does to the text of a fingerprint what {@link ListFolder} does to its hash: an element of a list behind IN or VALUES
 * that reads like the one before it is left out. Thread-safe: used by one caller at a time.
 */
final class ListShortener {
    private final StringBuilder text;
    private boolean announced;
    private boolean open;
    private boolean between;
    private boolean rows;
    private boolean atStart;
    private int depth;
    private int listDepth;
    private int elementStart;
    private int separatorStart;
    private String lastElement = "";

    ListShortener(StringBuilder text) {
        this.text = text;
    }

    /** Whether an element starts here, so that nothing separates it from what is in front. */
    boolean atStart() {
        return atStart;
    }

    void beforeToken(TokenCursor cursor) {
        int symbol = cursor.symbol();
        if (announced && symbol != '(' && !isRow(cursor)) {
            announced = false;
        } else if (announced && rows) {
            start(depth);
            text.append(' ');
            elementStart = text.length();
        } else if (between && symbol != ',') {
            open = false;
            between = false;
        } else if (open && !rows && depth == listDepth && (symbol == ',' || symbol == ')')) {
            endElement();
            open = symbol == ',';
        }
    }

    private static boolean isRow(TokenCursor cursor) {
        return cursor.type() == TokenCursor.WORD
                && cursor.length() == 3
                && (cursor.bytes()[cursor.start()] | 0x20) == 'r';
    }

    private void start(int newListDepth) {
        announced = false;
        open = true;
        between = false;
        atStart = true;
        listDepth = newListDepth;
        separatorStart = -1;
        elementStart = text.length();
        lastElement = "";
    }

    void afterToken(TokenCursor cursor) {
        atStart = false;
        int symbol = cursor.symbol();
        if (symbol == '(') {
            depth++;
            if (announced) {
                start(depth);
            }
        } else if (symbol == ')') {
            depth--;
            if (open && rows && depth == listDepth) {
                endElement();
                between = true;
            }
        } else if (symbol == ',' && open && depth == listDepth && (between || !rows)) {
            between = false;
            separatorStart = text.length() - 1;
            text.append(' ');
            elementStart = text.length();
            atStart = true;
        } else if (cursor.type() == TokenCursor.WORD) {
            onWord(cursor.word());
        }
    }

    private void onWord(@Nullable Word word) {
        if (word == null) {
            return;
        }
        switch (word.keyword()) {
            case SELECT, WITH, TABLE -> {
                open = false;
                between = false;
                announced = false;
            }
            case IN, VALUES, VALUE -> {
                if (!open) {
                    announced = true;
                    rows = word.keyword() != Keyword.IN;
                }
            }
            default -> {}
        }
    }

    private void endElement() {
        String element = text.substring(elementStart);
        if (separatorStart >= 0 && element.equals(lastElement)) {
            text.setLength(separatorStart);
        }
        lastElement = element;
    }

    void finish() {
        open = false;
    }
}
