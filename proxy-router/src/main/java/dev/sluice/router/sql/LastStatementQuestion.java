package dev.sluice.router.sql;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A statement that asks about the statement before it and about nothing else, so that its answer can be given without the
 * connection where that one ran. Immutable.
 *
 * @param form what its answer looks like
 * @param numbers what is in the columns of {@link Form#NUMBERS}
 * @param offset how many conditions are left out
 * @param limit how many conditions are shown at most
 */
public record LastStatementQuestion(Form form, List<Subject> numbers, long offset, long limit) {
    /** What the answer looks like. Immutable. */
    public enum Form {
        /** One row of numbers. */
        NUMBERS,
        /** SHOW WARNINGS. */
        WARNINGS,
        /** SHOW ERRORS. */
        ERRORS
    }

    /** A number that is asked for. Immutable. */
    public enum Subject {
        FOUND_ROWS,
        ROW_COUNT,
        WARNING_COUNT,
        ERROR_COUNT,
        /** LAST_INSERT_ID(), or a variable of that value, which is brought to whichever connection answers. */
        INSERT_ID
    }

    private static final int LENGTH_MAX = 1024;
    private static final int NUMBERS_MAX = 16;

    /** Whether a statement asks about the one before it and leaves its conditions as they are. */
    public static boolean leavesConditions(Classification statement) {
        return statement.has(Traits.DIAGNOSTICS)
                && !statement.has(Traits.MULTI_STATEMENT)
                && (statement.kind() == StatementKind.SHOW || statement.kind() == StatementKind.DIAGNOSTICS);
    }

    /** Whether it is RESIGNAL, which adds its error to those conditions. GET DIAGNOSTICS assigns variables. */
    public static boolean isResignal(Classification statement) {
        return leavesConditions(statement)
                && statement.kind() == StatementKind.DIAGNOSTICS
                && !statement.has(Traits.USER_VARIABLE_ASSIGNED);
    }

    /** Reads a statement; null if it asks for something else or for more. */
    public static @Nullable LastStatementQuestion read(byte[] sql, LexicalMode mode) {
        if (sql.length > LENGTH_MAX) {
            return null;
        }
        TokenCursor cursor = new TokenCursor();
        cursor.reset(sql, 0, sql.length, mode);
        cursor.next();
        LastStatementQuestion question = null;
        if (takeWord(cursor, "SELECT")) {
            question = numbers(cursor);
        } else if (takeWord(cursor, "SHOW")) {
            question = shown(cursor);
        }
        while (cursor.symbol() == ';') {
            cursor.next();
        }
        boolean whole = cursor.type() == TokenCursor.END
                && (cursor.textTraits() & (Traits.EXECUTABLE_COMMENT | Traits.AMBIGUOUS_TEXT)) == 0;
        return whole ? question : null;
    }

    private static @Nullable LastStatementQuestion numbers(TokenCursor cursor) {
        List<Subject> numbers = new ArrayList<>();
        do {
            Subject subject = subject(cursor);
            if (subject == null || numbers.size() == NUMBERS_MAX) {
                return null;
            }
            numbers.add(subject);
            skipAlias(cursor);
        } while (takeSymbol(cursor, ','));
        // MySQL warns of FOUND_ROWS() while it reads the statement, and counts that.
        boolean countsItself = numbers.contains(Subject.FOUND_ROWS)
                && (numbers.contains(Subject.WARNING_COUNT) || numbers.contains(Subject.ERROR_COUNT));
        boolean asksLastStatement = numbers.stream().anyMatch(subject -> subject != Subject.INSERT_ID);
        return countsItself || !asksLastStatement
                ? null
                : new LastStatementQuestion(Form.NUMBERS, List.copyOf(numbers), 0, 1);
    }

    private static @Nullable Subject subject(TokenCursor cursor) {
        String text = text(cursor).toUpperCase(Locale.ROOT);
        int type = cursor.type();
        cursor.next();
        if (type == TokenCursor.SYSTEM_VARIABLE) {
            return switch (text.replace("`", "")) {
                case "@@WARNING_COUNT", "@@SESSION.WARNING_COUNT", "@@LOCAL.WARNING_COUNT" -> Subject.WARNING_COUNT;
                case "@@ERROR_COUNT", "@@SESSION.ERROR_COUNT", "@@LOCAL.ERROR_COUNT" -> Subject.ERROR_COUNT;
                case "@@IDENTITY", "@@SESSION.IDENTITY", "@@LOCAL.IDENTITY" -> Subject.INSERT_ID;
                case "@@LAST_INSERT_ID", "@@SESSION.LAST_INSERT_ID", "@@LOCAL.LAST_INSERT_ID" -> Subject.INSERT_ID;
                default -> null;
            };
        }
        boolean called = type == TokenCursor.WORD && takeSymbol(cursor, '(') && takeSymbol(cursor, ')');
        return switch (called ? text : "") {
            case "FOUND_ROWS" -> Subject.FOUND_ROWS;
            case "ROW_COUNT" -> Subject.ROW_COUNT;
            case "LAST_INSERT_ID" -> Subject.INSERT_ID;
            default -> null;
        };
    }

    /** What a column is called is the server's business. */
    private static void skipAlias(TokenCursor cursor) {
        boolean as = takeWord(cursor, "AS");
        boolean name = switch (cursor.type()) {
            case TokenCursor.WORD -> as || cursor.word() == null;
            case TokenCursor.QUOTED_NAME, TokenCursor.STRING -> true;
            default -> false;
        };
        if (name) {
            cursor.next();
        }
    }

    private static @Nullable LastStatementQuestion shown(TokenCursor cursor) {
        boolean counts = takeWord(cursor, "COUNT");
        if (counts && !(takeSymbol(cursor, '(') && takeSymbol(cursor, '*') && takeSymbol(cursor, ')'))) {
            return null;
        }
        boolean warnings = takeWord(cursor, "WARNINGS");
        if (!warnings && !takeWord(cursor, "ERRORS")) {
            return null;
        }
        if (counts) {
            Subject subject = warnings ? Subject.WARNING_COUNT : Subject.ERROR_COUNT;
            return new LastStatementQuestion(Form.NUMBERS, List.of(subject), 0, 1);
        }
        return limited(cursor, warnings ? Form.WARNINGS : Form.ERRORS);
    }

    private static @Nullable LastStatementQuestion limited(TokenCursor cursor, Form form) {
        long offset = 0;
        long limit = Long.MAX_VALUE;
        if (takeWord(cursor, "LIMIT")) {
            limit = number(cursor);
            if (takeSymbol(cursor, ',')) {
                offset = limit;
                limit = number(cursor);
            } else if (takeWord(cursor, "OFFSET")) {
                offset = number(cursor);
            }
        }
        return offset < 0 || limit < 0 ? null : new LastStatementQuestion(form, List.of(), offset, limit);
    }

    /** Takes a number; -1 if there is none that is plain. */
    private static long number(TokenCursor cursor) {
        String digits = text(cursor);
        boolean plain = cursor.type() == TokenCursor.NUMBER && digits.matches("[0-9]{1,18}");
        cursor.next();
        return plain ? Long.parseLong(digits) : -1;
    }

    private static boolean takeWord(TokenCursor cursor, String word) {
        boolean is = cursor.type() == TokenCursor.WORD && word.equalsIgnoreCase(text(cursor));
        if (is) {
            cursor.next();
        }
        return is;
    }

    private static boolean takeSymbol(TokenCursor cursor, char symbol) {
        boolean is = cursor.type() == TokenCursor.SYMBOL && cursor.symbol() == symbol;
        if (is) {
            cursor.next();
        }
        return is;
    }

    private static String text(TokenCursor cursor) {
        return new String(cursor.bytes(), cursor.start(), cursor.length(), StandardCharsets.ISO_8859_1);
    }
}
