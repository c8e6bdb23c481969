package dev.sluice.router.sql;

import dev.sluice.router.RouteReason;
import dev.sluice.router.Target;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What the statement in a text PREPARE does when it is executed by its name. Functions only. */
public final class PreparedText {
    /** What belongs to the text and not to its execution. */
    private static final long OF_THE_TEXT = Traits.PLACEHOLDERS | Traits.KILLS | Traits.CONSISTENCY_HINTS;

    private PreparedText() {}

    /**
     * Reads a PREPARE that stands alone in its packet.
     *
     * @param statement the whole of it
     * @param mode how it is read, and how what it prepares is read
     * @param variables the text in a user variable, or null if that is not known
     * @return what it prepares; null if that is not known
     */
    public static @Nullable Classification read(
            byte[] statement, LexicalMode mode, Function<String, byte @Nullable []> variables) {
        TokenCursor cursor = new TokenCursor();
        cursor.reset(statement, 0, statement.length, mode);
        cursor.next();
        cursor.next();
        if (cursor.next() != TokenCursor.WORD || !"FROM".equals(LiteralReader.text(cursor))) {
            return null;
        }
        cursor.next();
        byte @Nullable [] sql = sqlAt(cursor, mode, variables);
        do {
            cursor.next();
        } while (cursor.symbol() == ';');
        return sql == null || cursor.type() != TokenCursor.END || cursor.textTraits() != 0 ? null : classify(sql, mode);
    }

    private static byte @Nullable [] sqlAt(
            TokenCursor cursor, LexicalMode mode, Function<String, byte @Nullable []> variables) {
        if (cursor.type() == TokenCursor.STRING && isPlain(cursor)) {
            return QuotedStatement.content(cursor, mode);
        }
        String name = cursor.type() == TokenCursor.USER_VARIABLE ? UserVariableReader.name(cursor) : null;
        return name == null ? null : variables.apply(name);
    }

    private static boolean isPlain(TokenCursor cursor) {
        int first = cursor.bytes()[cursor.start()];
        return first == '\'' || first == '"';
    }

    private static Classification classify(byte[] sql, LexicalMode mode) {
        StatementLexer lexer = new StatementLexer();
        lexer.lex(sql, 0, sql.length, mode);
        Classification read = new Classification(
                Target.PRIMARY,
                RouteReason.OPAQUE_STATEMENT,
                lexer.kind(),
                lexer.traits() & ~OF_THE_TEXT,
                lexer.fingerprintHigh(),
                lexer.fingerprintLow());
        return read.prepared();
    }
}
