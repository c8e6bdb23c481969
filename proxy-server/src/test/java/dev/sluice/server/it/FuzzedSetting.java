package dev.sluice.server.it;

import org.jspecify.annotations.Nullable;

/**
 * What a fuzzed session can set, and find on any connection. The first value is the default; null stands for a variable
 * that was never set. Immutable.
 */
enum FuzzedSetting {
    SCHEMA("USE %s", "DATABASE()", "app", "state", "state2"),
    SORT("SET SESSION sort_buffer_size = %s", "@@sort_buffer_size", "262144", "327680", "360448"),
    ZONE("SET time_zone = '%s'", "@@time_zone", "SYSTEM", "+01:00", "-08:00"),
    CONCAT("SET group_concat_max_len = %s", "@@group_concat_max_len", "1024", "10", "20"),
    WEEK("SET default_week_format = %s", "@@default_week_format", "0", "1", "2"),
    DIVISION("SET session_track_schema = 0, div_precision_increment = %s", "@@div_precision_increment", "4", "5", "6"),
    WARNINGS("SET sql_warnings = %s, sql_notes = @@session_track_state_change", "@@sql_warnings", "0", "1"),
    NAMES("SET NAMES %s", "@@collation_connection", "utf8mb4_0900_ai_ci", "latin1_swedish_ci", "utf8mb4_bin"),
    MODE(
            "SET sql_mode = '%s'",
            "@@sql_mode",
            "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
                    + "NO_ENGINE_SUBSTITUTION",
            "NO_BACKSLASH_ESCAPES",
            "ANSI_QUOTES,NO_AUTO_VALUE_ON_ZERO",
            ""),
    ISOLATION(
            "SET SESSION TRANSACTION ISOLATION LEVEL %s",
            "@@transaction_isolation", "REPEATABLE-READ", "READ-COMMITTED", "SERIALIZABLE"),
    ACCESS("SET SESSION TRANSACTION READ %s", "@@transaction_read_only", "0", "1"),
    AUTOCOMMIT("SET autocommit = %s", "@@autocommit", "1", "0"),
    U0("SET @u0 = %s", "@u0", null, "1", "-7", "NULL"),
    U1("SET @U1 := '%s'", "@u1", null, "x", "it''s", ""),
    U2("SET @`u2` = %s", "@U2", null, "1.50", "TRUE", "x'41'"),
    U3("SET @u3 = 'a', @u0 = %s", "@u3", null, "5");

    private final String set;
    private final String get;

    @SuppressWarnings("ImmutableEnumChecker") // never written to
    private final @Nullable String[] values;

    FuzzedSetting(String set, String get, @Nullable String... values) {
        this.set = set;
        this.get = get;
        this.values = values;
    }

    /** The expression that shows the value. */
    String expression() {
        return get;
    }

    /** The first value that a statement can set. */
    int firstValue() {
        return values[0] == null ? 1 : 0;
    }

    int count() {
        return values.length;
    }

    String statement(int value) {
        String text = String.valueOf(values[value]);
        return set.formatted(
                switch (this) {
                    case NAMES -> value == 1 ? "latin1" : "utf8mb4 COLLATE " + text;
                    case ISOLATION -> text.replace('-', ' ');
                    case ACCESS -> value == 0 ? "WRITE" : "ONLY";
                    default -> text;
                });
    }

    /** Whether it can be set within a transaction, which goes on and stays what it is, and tie nothing for good. */
    boolean fitsInTransactions() {
        return switch (this) {
            // Session tracking ties a session that is in a transaction; the others end it, or are about the next one.
            case DIVISION, WARNINGS, ACCESS, AUTOCOMMIT -> false;
            default -> true;
        };
    }

    /** What a query for it shows when it was set to that value. */
    @Nullable
    String shown(int value) {
        String text = values[value];
        return switch (this) {
            case U0 -> "NULL".equals(text) ? null : text;
            case U1 -> "it''s".equals(text) ? "it's" : text;
            case U2 -> "TRUE".equals(text) ? "1" : "x'41'".equals(text) ? "A" : text;
            case U3 -> value == 0 ? null : "a";
            default -> text;
        };
    }
}
