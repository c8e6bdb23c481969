package dev.sluice.router.sql;

import java.nio.charset.Charset;
import java.util.Locale;

/**
 * Writes a statement anew from its tokens: comments gone, white space regular, literals replaced. In this form it is
 * shown to people and given to the parser, which therefore sees exactly the tokens that the lexer saw, whatever the
 * character set and sql_mode. Thread-safe: without state.
 */
final class StatementText {
    /** How literals are written. */
    enum Form {
        /** All literals as {@code ?}, lists shortened, words of the grammar in upper case. */
        FINGERPRINT,
        /** Literals as simple ones of their kind, without what the parser is known to reject: modifiers and hints. */
        PARSER
    }

    private final StringBuilder text = new StringBuilder();
    private final TokenCursor cursor = new TokenCursor();
    private final Form form;
    private final Charset javaCharset;
    private final ListShortener lists = new ListShortener(text);
    private int previousType = TokenCursor.END;
    private int previousSymbol;
    private boolean previousCallable;
    private boolean behindSelect;
    private boolean separated;

    private StatementText(Form form, Charset javaCharset) {
        this.form = form;
        this.javaCharset = javaCharset;
    }

    /** The text in that form. */
    static String of(byte[] bytes, Charset javaCharset, LexicalMode mode, Form form) {
        StatementText writer = new StatementText(form, javaCharset);
        writer.cursor.reset(bytes, 0, bytes.length, mode);
        while (writer.cursor.next() != TokenCursor.END) {
            writer.onToken();
        }
        writer.lists.finish();
        return writer.text.toString();
    }

    private void onToken() {
        if (cursor.symbol() == ';') {
            separated = true;
            return;
        }
        if (form == Form.PARSER && isDropped()) {
            return;
        }
        if (separated) {
            separated = false;
            text.append(';');
            previousSymbol = ';';
            previousType = TokenCursor.SYMBOL;
        }
        if (form == Form.FINGERPRINT) {
            lists.beforeToken(cursor);
        }
        append(tokenText());
        if (form == Form.FINGERPRINT) {
            lists.afterToken(cursor);
        }
    }

    private void append(String token) {
        if (needsSpace()) {
            text.append(' ');
        }
        text.append(token);
        previousType = cursor.type();
        previousSymbol = cursor.symbol();
        Word word = cursor.word();
        previousCallable =
                cursor.type() == TokenCursor.WORD && (word == null || word.function() != FunctionClass.SYNTAX);
    }

    /** Modifiers behind SELECT and hints mean nothing for routing, and the parser stumbles over some of them. */
    private boolean isDropped() {
        if (cursor.type() == TokenCursor.HINT) {
            return true;
        }
        Word word = cursor.word();
        Keyword keyword = word == null ? Keyword.NONE : word.keyword();
        boolean modifier = switch (keyword) {
            case HIGH_PRIORITY,
                    SQL_BIG_RESULT,
                    SQL_BUFFER_RESULT,
                    SQL_CACHE,
                    SQL_CALC_FOUND_ROWS,
                    SQL_NO_CACHE,
                    SQL_SMALL_RESULT,
                    STRAIGHT_JOIN -> behindSelect;
            default -> false;
        };
        boolean distinct = keyword == Keyword.DISTINCT || keyword == Keyword.DISTINCTROW;
        behindSelect = keyword == Keyword.SELECT || (behindSelect && (modifier || distinct));
        return modifier;
    }

    private boolean needsSpace() {
        int symbol = cursor.symbol();
        if (previousType == TokenCursor.END
                || symbol == '.'
                || symbol == ','
                || symbol == ')'
                || previousSymbol == '.'
                || previousSymbol == '('
                || lists.atStart()) {
            return false;
        }
        if (symbol == '(') {
            return !previousCallable;
        }
        boolean operators = isOperator(symbol) && isOperator(previousSymbol) && cursor.isAdjacent();
        return !operators || (symbol == '-' && previousSymbol == '-');
    }

    private static boolean isOperator(int symbol) {
        return symbol != 0 && "<>=!|&:-".indexOf(symbol) >= 0;
    }

    private String tokenText() {
        boolean fingerprint = form == Form.FINGERPRINT;
        return switch (cursor.type()) {
            case TokenCursor.NUMBER -> fingerprint ? "?" : "1";
            case TokenCursor.STRING -> fingerprint ? "?" : "'s'";
            case TokenCursor.PLACEHOLDER -> "?";
            case TokenCursor.ASSIGNMENT -> ":=";
            case TokenCursor.WORD -> word();
            case TokenCursor.QUOTED_NAME -> fingerprint ? source() : "`q`";
            case TokenCursor.USER_VARIABLE -> fingerprint ? source() : "@abc";
            case TokenCursor.HINT -> source();
            default -> source();
        };
    }

    private String word() {
        Word word = cursor.word();
        boolean upper = word != null && (word.folded() || isFunctionCall(word));
        String source = source();
        return upper ? source.toUpperCase(Locale.ROOT) : source;
    }

    private boolean isFunctionCall(Word word) {
        return word.function() != FunctionClass.UNKNOWN && cursor.isCalled();
    }

    private String source() {
        return new String(cursor.bytes(), cursor.start(), cursor.length(), javaCharset);
    }
}
