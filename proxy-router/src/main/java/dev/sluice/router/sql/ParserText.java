package dev.sluice.router.sql;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Rewrites what the parser is known to reject although it is plain SQL of MySQL, without touching what decides about
 * reads: the lexer has judged the original text. Works on {@link StatementText}, where literals and quoted names are
 * harmless and white space is regular. Immutable.
 */
final class ParserText {
    private static final Pattern EXPLAIN = Pattern.compile(
            "^(?:EXPLAIN|DESCRIBE|DESC) (?:EXTENDED |PARTITIONS |FORMAT = \\S+ )*(?=[(]|SELECT|TABLE|VALUES|WITH)",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern INDEX_HINT =
            Pattern.compile(" (?:USE|FORCE|IGNORE) (?:INDEX|KEY)(?: FOR (?:JOIN|ORDER BY|GROUP BY))? ?\\([^()]*\\)");
    private static final Pattern SOUNDS_LIKE = Pattern.compile(" SOUNDS (?=LIKE )", Pattern.CASE_INSENSITIVE);
    private static final Pattern MOD_OPERATOR =
            Pattern.compile("(?<=[\\w`'?)]) MOD (?=[\\w`'?])", Pattern.CASE_INSENSITIVE);

    private ParserText() {}

    /** The text as the parser gets it. */
    static String simplify(String text) {
        Matcher explain = EXPLAIN.matcher(text);
        String simple = explain.find() ? text.substring(explain.end()) : text;
        simple = INDEX_HINT.matcher(simple).replaceAll("");
        simple = SOUNDS_LIKE.matcher(simple).replaceAll(" ");
        return MOD_OPERATOR.matcher(simple).replaceAll(" % ");
    }
}
