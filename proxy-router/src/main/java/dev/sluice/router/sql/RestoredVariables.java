package dev.sluice.router.sql;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads which variables a statement sets for itself alone: in a SET_VAR hint, or by MariaDB's SET STATEMENT ... FOR. The
 * server puts them back when the statement ends. Confined to the session's event loop.
 */
public final class RestoredVariables {
    private static final String SET_VAR = "SET_VAR";

    private final TokenCursor cursor = new TokenCursor();
    private final Set<String> names = new HashSet<>();

    private RestoredVariables() {}

    /**
     * The names in lower case; null if they are not certain.
     *
     * @param statement the text in UTF-8 or ASCII, of one statement
     * @param mode how the text is read
     */
    public static @Nullable Set<String> read(byte[] statement, LexicalMode mode) {
        RestoredVariables reader = new RestoredVariables();
        reader.cursor.reset(statement, 0, statement.length, mode);
        return reader.readAll() ? reader.names : null;
    }

    private boolean readAll() {
        boolean first = true;
        boolean behindSet = false;
        while (cursor.next() != TokenCursor.END) {
            boolean word = cursor.type() == TokenCursor.WORD;
            String text = word ? LiteralReader.text(cursor) : "";
            if (cursor.type() == TokenCursor.HINT) {
                if (!readHint(cursor.start() + 3, cursor.start() + cursor.length() - 2)) {
                    return false;
                }
            } else if (behindSet && text.equals("STATEMENT")) {
                if (!readAssignments()) {
                    return false;
                }
            }
            behindSet = first && text.equals("SET");
            first = false;
        }
        return true;
    }

    /** From behind SET STATEMENT up to FOR. */
    private boolean readAssignments() {
        do {
            cursor.next();
            int type = cursor.type();
            if (type != TokenCursor.WORD && type != TokenCursor.QUOTED_NAME) {
                return false;
            }
            int quote = type == TokenCursor.QUOTED_NAME ? 1 : 0;
            String name = plain(cursor.start() + quote, cursor.start() + cursor.length() - quote);
            cursor.next();
            if (name == null || (cursor.symbol() != '=' && cursor.type() != TokenCursor.ASSIGNMENT)) {
                return false;
            }
            names.add(name);
            int depth = 0;
            do {
                cursor.next();
                depth += cursor.symbol() == '(' ? 1 : cursor.symbol() == ')' ? -1 : 0;
                if (depth == 0 && cursor.type() == TokenCursor.WORD && "FOR".equals(LiteralReader.text(cursor))) {
                    return true;
                }
            } while (cursor.type() != TokenCursor.END && (depth > 0 || cursor.symbol() != ','));
        } while (cursor.symbol() == ',');
        return false;
    }

    /** The text of a hint: words and parentheses, and values that may stand in quotes. */
    private boolean readHint(int start, int end) {
        byte[] bytes = cursor.bytes();
        int p = start;
        while (p < end) {
            int c = bytes[p];
            if (c == '\'' || c == '"' || c == '`') {
                p = behindQuoted(p, end);
            } else if (CharacterClass.isNamePart(c)) {
                int word = p;
                p = behindName(p, end);
                if (SET_VAR.equals(upper(word, p))) {
                    p = readSetVar(p, end);
                }
            } else {
                p++;
            }
            if (p < 0) {
                return false;
            }
        }
        return true;
    }

    /** What follows SET_VAR: a parenthesis, a name, an equals sign. The place behind it, or -1. */
    private int readSetVar(int start, int end) {
        byte[] bytes = cursor.bytes();
        int p = behindSpace(start, end);
        if (p >= end || bytes[p] != '(') {
            return -1;
        }
        int first = behindSpace(p + 1, end);
        boolean quoted = first < end && bytes[first] == '`';
        int last = quoted ? behindQuoted(first, end) : behindName(first, end);
        String name = last < 0 ? null : quoted ? plain(first + 1, last - 1) : plain(first, last);
        int equals = behindSpace(Math.max(last, first), end);
        if (name == null || equals >= end || bytes[equals] != '=') {
            return -1;
        }
        names.add(name);
        return equals + 1;
    }

    private int behindSpace(int start, int end) {
        int p = start;
        while (p < end && CharacterClass.of(cursor.bytes()[p]) == CharacterClass.SPACE) {
            p++;
        }
        return p;
    }

    private int behindName(int start, int end) {
        int p = start;
        while (p < end && CharacterClass.isNamePart(cursor.bytes()[p])) {
            p++;
        }
        return p;
    }

    /** The place behind a closing quote; -1 if there is none, or if a backslash makes it uncertain. */
    private int behindQuoted(int start, int end) {
        byte[] bytes = cursor.bytes();
        int p = start + 1;
        while (p < end && bytes[p] != bytes[start] && bytes[p] != '\\') {
            p++;
        }
        return p < end && bytes[p] == bytes[start] ? p + 1 : -1;
    }

    private @Nullable String plain(int start, int end) {
        boolean ascii = start < end;
        for (int p = start; p < end; p++) {
            ascii &= cursor.bytes()[p] > 0 && CharacterClass.isNamePart(cursor.bytes()[p]);
        }
        return ascii ? upper(start, end).toLowerCase(Locale.ROOT) : null;
    }

    private String upper(int start, int end) {
        return new String(cursor.bytes(), start, end - start, java.nio.charset.StandardCharsets.ISO_8859_1)
                .toUpperCase(Locale.ROOT);
    }
}
