package dev.sluice.router.session;

import java.util.Set;

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

    private ReportedVariables() {}

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

    /** Whether the value means the same in quotes, whatever the sql_mode and the character set are that they are read in. */
    public static boolean isPlain(String value) {
        return value.chars().noneMatch(c -> c == '\\' || c > '~');
    }
}
