package dev.sluice.server.admin.port;

import dev.sluice.server.admin.ResultTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The statements that clients send on their own: what a driver asks after the login, what a pool sends when it takes a
 * connection back. They are answered as a server would, and do nothing. Immutable.
 */
final class Chatter {
    /** What a client should hear. */
    sealed interface Answer {
        /** OK, and nothing happened. */
        record Ok() implements Answer {}

        /** Rows. Immutable. */
        record Rows(ResultTable table) implements Answer {}

        /** A variable that is not known here. Immutable. */
        record UnknownVariable(String name) implements Answer {}
    }

    private static final Answer OK = new Answer.Ok();
    /** What is longer no client sends on its own; and the patterns take a time that grows faster than the text. */
    private static final int CHARACTERS_MAX = 4096;

    private static final Pattern SELECT =
            Pattern.compile("SELECT\\s+(.+?)(?:\\s+LIMIT\\s+1)?", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final Pattern ITEM = Pattern.compile(
            "(@@(?:(?:session|global|local)\\.)?(\\w+)|\\w+\\s*\\(\\s*\\)|\\d+)(?:\\s+(?:AS\\s+)?[`'\"]?(\\w+)[`'\"]?)?",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern SET = Pattern.compile(
            "SET\\s+(?:(?:SESSION|LOCAL)\\s+|@@(?:session\\.|local\\.)?)?(\\w+).*",
            Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final Pattern NOTHING_TO_DO = Pattern.compile(
            "(?:USE\\s+\\S+|COMMIT|ROLLBACK|BEGIN|START\\s+TRANSACTION(?:\\s+READ\\s+(?:ONLY|WRITE))?)",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern DIAGNOSTICS = Pattern.compile("SHOW\\s+(?:WARNINGS|ERRORS)", Pattern.CASE_INSENSITIVE);

    /** What may be set and means nothing here, besides the variables. */
    private static final Set<String> SETTABLE = Set.of(
            "names",
            "character",
            "charset",
            "transaction",
            "sql_select_limit",
            "sql_safe_updates",
            "max_join_size",
            "net_read_timeout");

    private static final Map<String, String> VARIABLES = Map.ofEntries(
            Map.entry("auto_increment_increment", "1"),
            Map.entry("autocommit", "1"),
            Map.entry("character_set_client", "utf8mb4"),
            Map.entry("character_set_connection", "utf8mb4"),
            Map.entry("character_set_database", "utf8mb4"),
            Map.entry("character_set_results", "utf8mb4"),
            Map.entry("character_set_server", "utf8mb4"),
            Map.entry("collation_connection", "utf8mb4_general_ci"),
            Map.entry("collation_database", "utf8mb4_general_ci"),
            Map.entry("collation_server", "utf8mb4_general_ci"),
            Map.entry("have_query_cache", "NO"),
            Map.entry("init_connect", ""),
            Map.entry("interactive_timeout", "28800"),
            Map.entry("license", "Apache-2.0"),
            Map.entry("lower_case_table_names", "0"),
            Map.entry("max_allowed_packet", "262144"),
            Map.entry("net_buffer_length", "16384"),
            Map.entry("net_write_timeout", "60"),
            Map.entry("performance_schema", "0"),
            Map.entry("pseudo_thread_id", "0"),
            Map.entry("query_cache_size", "0"),
            Map.entry("query_cache_type", "OFF"),
            Map.entry("read_only", "0"),
            Map.entry("sql_mode", "STRICT_TRANS_TABLES"),
            Map.entry("system_time_zone", "UTC"),
            Map.entry("time_zone", "+00:00"),
            Map.entry("transaction_isolation", "REPEATABLE-READ"),
            Map.entry("transaction_read_only", "0"),
            Map.entry("tx_isolation", "REPEATABLE-READ"),
            Map.entry("tx_read_only", "0"),
            Map.entry("version_comment", "Sluice admin port"),
            Map.entry("wait_timeout", "28800"));

    private final String version;
    private final String user;
    private final long connectionId;

    /** Answers for one connection. */
    Chatter(String version, String user, long connectionId) {
        this.version = version;
        this.user = user;
        this.connectionId = connectionId;
    }

    /** The answer, or null if the statement is for the admin grammar. */
    @Nullable
    Answer answer(String statement) {
        if (statement.length() > CHARACTERS_MAX) {
            return null;
        }
        String text = withoutEnd(withoutComments(statement)).strip();
        if (NOTHING_TO_DO.matcher(text).matches()) {
            return OK;
        }
        if (DIAGNOSTICS.matcher(text).matches()) {
            return new Answer.Rows(new ResultTable(List.of("Level", "Code", "Message"), List.of()));
        }
        Matcher set = SET.matcher(text);
        if (set.matches()) {
            String name = set.group(1).toLowerCase(Locale.ROOT);
            return VARIABLES.containsKey(name) || SETTABLE.contains(name) ? OK : null;
        }
        Matcher select = SELECT.matcher(text);
        return select.matches() ? select(select.group(1)) : null;
    }

    private static String withoutComments(String statement) {
        StringBuilder text = new StringBuilder(statement.length());
        int from = 0;
        for (int begin = statement.indexOf("/*"); begin >= 0; begin = statement.indexOf("/*", from)) {
            int end = statement.indexOf("*/", begin + 2);
            if (end < 0) {
                break;
            }
            text.append(statement, from, begin).append(' ');
            from = end + 2;
        }
        return text.append(statement, from, statement.length()).toString();
    }

    private static String withoutEnd(String statement) {
        int end = statement.length();
        while (end > 0 && (statement.charAt(end - 1) == ';' || Character.isWhitespace(statement.charAt(end - 1)))) {
            end--;
        }
        return statement.substring(0, end);
    }

    private @Nullable Answer select(String items) {
        List<String> columns = new ArrayList<>();
        List<@Nullable String> row = new ArrayList<>();
        for (String item : items.split(",", -1)) {
            Matcher matcher = ITEM.matcher(item.strip());
            if (!matcher.matches()) {
                return null;
            }
            String expression = matcher.group(1);
            String variable = matcher.group(2);
            String alias = matcher.group(3);
            if (variable != null && !isKnown(variable)) {
                return new Answer.UnknownVariable(variable);
            }
            String call = expression.replaceAll("\\s", "").toLowerCase(Locale.ROOT);
            if (variable == null && call.endsWith("()") && !FUNCTIONS.contains(call)) {
                return null;
            }
            columns.add(alias == null ? expression : alias);
            row.add(variable == null ? value(call) : variable(variable));
        }
        return new Answer.Rows(new ResultTable(columns, List.of(row)));
    }

    private static final Set<String> FUNCTIONS = Set.of(
            "user()", "current_user()", "session_user()", "version()", "connection_id()", "database()", "schema()");

    private static boolean isKnown(String variable) {
        String name = variable.toLowerCase(Locale.ROOT);
        return name.equals("version") || VARIABLES.containsKey(name);
    }

    private @Nullable String variable(String name) {
        return name.equalsIgnoreCase("version") ? version : VARIABLES.get(name.toLowerCase(Locale.ROOT));
    }

    private @Nullable String value(String call) {
        return switch (call) {
            case "user()", "current_user()", "session_user()" -> user;
            case "version()" -> version;
            case "connection_id()" -> String.valueOf(connectionId);
            case "database()", "schema()" -> null;
            default -> call;
        };
    }
}
