package dev.sluice.server.monitor;

import dev.sluice.router.sql.LexicalMode;
import dev.sluice.router.sql.StatementLexer;
import dev.sluice.router.sql.Traits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text of a trigger, read for what it may leave behind. Immutable.
 *
 * @param text its statement, which may be a compound one
 * @param backslashes whether a backslash in a string quotes the next character there
 * @param mariaDb whether the server does not report what SET of {@code @@name} without a scope sets
 */
record TriggerBody(String text, boolean backslashes, boolean mariaDb) {
    private static final String COMMENTS = "|--[ \\t].*|#.*|/\\*.*?\\*/";
    private static final Pattern QUOTED =
            Pattern.compile("'(?:[^'\\\\]|\\\\.|'')*+'|\"(?:[^\"\\\\]|\\\\.|\"\")*+\"" + COMMENTS);
    private static final Pattern QUOTED_PLAINLY = Pattern.compile("'(?:[^']|'')*+'|\"(?:[^\"]|\"\")*+\"" + COMMENTS);

    /** A call of a procedure, a name in quotes that is called, or a user variable. */
    private static final Pattern SUSPECT =
            Pattern.compile("\\bCALL\\b|''\\s*\\(|(?<!@)@(?!@)", Pattern.CASE_INSENSITIVE);

    /** A system variable without a scope, with a value behind it. */
    private static final Pattern UNSCOPED = Pattern.compile("@@`?\\w+`?\\s*:?=", Pattern.CASE_INSENSITIVE);

    /** What stands between the statements of a compound one. */
    private static final Pattern SEPARATOR =
            Pattern.compile(";|\\b(?:BEGIN|THEN|ELSE|DO|LOOP|REPEAT)\\b", Pattern.CASE_INSENSITIVE);

    private static final Pattern VERB =
            Pattern.compile("\\b(?:SELECT|INSERT|UPDATE|DELETE|SET|WITH)\\b|^REPLACE\\b", Pattern.CASE_INSENSITIVE);

    private static final Pattern CONTROL = Pattern.compile(
            "^(?:\\w+\\s*:(?!=)\\s*)?(?:IF|ELSEIF|WHILE|UNTIL|CASE|WHEN|RETURN)\\b", Pattern.CASE_INSENSITIVE);

    /** They call nothing. */
    private static final Pattern OTHER =
            Pattern.compile("^(?:END|SIGNAL|RESIGNAL|FETCH|OPEN|CLOSE|LEAVE|ITERATE|GET)\\b", Pattern.CASE_INSENSITIVE);

    private static final Pattern DECLARATION =
            Pattern.compile("^DECLARE\\b(?:.*?\\bDEFAULT\\b)?", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    /**
     * Whether it may assign what is not reported: it mentions a user variable, or sets a system variable in such a way, or runs
     * a routine, in which nobody looks.
     */
    boolean mayAssign() {
        Matcher quoted = (backslashes ? QUOTED : QUOTED_PLAINLY).matcher(text);
        String code = quoted.replaceAll(found -> found.group().matches("(?s)['\"].*") ? "''" : " ");
        if (SUSPECT.matcher(code).find() || (mariaDb && UNSCOPED.matcher(code).find())) {
            return true;
        }
        for (String statement : SEPARATOR.split(code, -1)) {
            if (calls(statement.strip())) {
                return true;
            }
        }
        return false;
    }

    private static boolean calls(String statement) {
        if (OTHER.matcher(statement).find()) {
            return false;
        }
        Matcher declaration = DECLARATION.matcher(statement);
        if (declaration.find()) {
            String value =
                    declaration.group().length() > "DECLARE".length() ? statement.substring(declaration.end()) : "";
            Matcher verb = VERB.matcher(statement);
            return isUnknown("SELECT " + value) || (verb.find() && isUnknown(statement.substring(verb.start())));
        }
        String expression = CONTROL.matcher(statement).replaceFirst("SELECT ");
        boolean begun = VERB.matcher(expression).lookingAt();
        return isUnknown(begun ? expression : "SELECT " + expression);
    }

    private static boolean isUnknown(String statement) {
        ByteBuf bytes = Unpooled.copiedBuffer(statement, StandardCharsets.UTF_8);
        try {
            StatementLexer lexer = new StatementLexer();
            lexer.lex(bytes, 0, bytes.readableBytes(), LexicalMode.DEFAULT);
            return Traits.any(lexer.traits(), Traits.UNKNOWN_FUNCTION);
        } finally {
            bytes.release();
        }
    }
}
