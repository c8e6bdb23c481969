package dev.sluice.router.session;

import java.util.Set;
import java.util.regex.Pattern;

/** What is known about the variables that servers report: which of them can be set again elsewhere. Immutable. */
public final class ReportedVariables {
    /** Variables whose value is about one moment or one connection; repeating them elsewhere would be wrong. */
    private static final Set<String> NOT_REPLAYABLE = Set.of(
            "timestamp",
            "insert_id",
            "last_insert_id",
            "identity",
            "rand_seed1",
            "rand_seed2",
            "gtid_next",
            "gtid_seq_no",
            "gtid_domain_id",
            "server_id",
            "sql_log_bin",
            "pseudo_thread_id",
            "pseudo_replica_mode",
            "pseudo_slave_mode",
            "original_commit_timestamp",
            "immediate_server_version",
            "original_server_version",
            "proxy_user",
            "external_user");

    /** Reported by some servers without anybody having set them, or following from other state. */
    private static final Set<String> DERIVED =
            Set.of("statement_id", "last_gtid", "warning_count", "error_count", "in_transaction");

    /** They follow from the default schema, unless they are set: until the next USE they then differ from it. */
    private static final Set<String> OF_SCHEMA = Set.of("character_set_database", "collation_database");

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_]{1,64}");

    private ReportedVariables() {}

    /** Whether it was reported that the server records what the session does. */
    static boolean records(String name, String value) {
        return switch (name) {
            case "profiling" -> !value.equals("OFF") && !value.equals("0");
            case "optimizer_trace" -> value.contains("enabled=on");
            default -> false;
        };
    }

    static boolean isReplayable(String name) {
        return !NOT_REPLAYABLE.contains(name);
    }

    static boolean isDerived(String name) {
        return DERIVED.contains(name);
    }

    static boolean isOfSchema(String name) {
        return OF_SCHEMA.contains(name);
    }

    /** Whether it is a switch of session tracking. */
    static boolean isTracker(String name) {
        return name.startsWith("session_track_");
    }

    /**
     * Whether what a server reports can be written into a SET for another server: a name that is one, in front of a value
     * that stays between its quotes. No server need be trusted with what others are told.
     */
    static boolean canBeWritten(String name, String value) {
        boolean unquoted = name.equals(StateVector.CHARACTER_SET_RESULTS);
        return isName(name) && isPlain(value) && (!unquoted || value.isEmpty() || isName(value));
    }

    /** Whether a text can be the name of a variable, a character set or a collation. */
    public static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }

    /** Whether the value means the same in quotes, whatever the sql_mode and the character set are that they are read in. */
    public static boolean isPlain(String value) {
        return value.chars().noneMatch(c -> c == '\\' || c > '~');
    }
}
