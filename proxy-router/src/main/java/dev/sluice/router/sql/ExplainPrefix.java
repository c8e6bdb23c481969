package dev.sluice.router.sql;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the statement that an EXPLAIN explains: the parser does not know all forms of the prefix. Immutable. */
final class ExplainPrefix {
    private static final Pattern PREFIX = Pattern.compile(
            "^(?:EXPLAIN|DESCRIBE|DESC)(?:\\s+(?:EXTENDED|PARTITIONS|FORMAT\\s*=\\s*\\S+))*\\s+(?=[(]|SELECT|TABLE|VALUES|WITH)",
            Pattern.CASE_INSENSITIVE);

    private ExplainPrefix() {}

    /** The text behind the prefix, or all of it if there is none. */
    static String strip(String text) {
        Matcher matcher = PREFIX.matcher(text);
        return matcher.find() ? text.substring(matcher.end()) : text;
    }
}
