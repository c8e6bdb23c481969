package dev.sluice.router.session;

import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.Traits;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The system variables that servers report: which of them are replayed, which tie the session to its connection, and which
 * say nothing. Confined to the session's event loop.
 */
final class ReportedVariables {
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
            "resultset_metadata",
            "proxy_user",
            "external_user");

    /** Reported by some servers without anybody having set them, or following from other state. */
    private static final Set<String> DERIVED =
            Set.of("statement_id", "last_gtid", "warning_count", "error_count", "in_transaction");

    /** They follow from the default schema, unless they are set: until the next USE they then differ from it. */
    private static final Set<String> OF_SCHEMA = Set.of("character_set_database", "collation_database");

    private static final String TRACKER_PREFIX = "session_track_";

    /** One MariaDB version reports collation_connection under this name. */
    private static final String CHARACTER_SET_CONNECTION = "character_set_connection";

    private final SessionState state;
    private boolean collationUnknown;

    ReportedVariables(SessionState state) {
        this.state = state;
    }

    boolean isCollationUnknown() {
        return collationUnknown;
    }

    void collationConnection(String collation) {
        collationUnknown = false;
        state.vector(state.vector().with(StateVector.COLLATION_CONNECTION, collation));
    }

    void connectionGone() {
        collationUnknown = false;
    }

    /**
     * Takes what was reported.
     *
     * @param restored the variables whose reports are about a value that has been put back; null if that may be any
     */
    void take(Slot slot, Classification statement, SessionChanges changes, @Nullable Set<String> restored) {
        if (restored == null) {
            boolean changed = changes.variables() > 0 || changes.stateChanged();
            if (changed && !statement.has(Traits.OPAQUE)) {
                state.pin(slot, PinReason.UNREPORTED_CHANGE, true);
            }
            return;
        }
        for (int i = 0; i < changes.variables(); i++) {
            String name = changes.variableName(i).toLowerCase(Locale.ROOT);
            if (restored.contains(name)) {
                continue;
            }
            if (!OF_SCHEMA.contains(name)) {
                take(slot, statement, name, changes.variableValue(i));
            } else if (!changes.schemaChanged()) {
                state.pin(slot, PinReason.NON_REPLAYABLE_VARIABLE, true);
            }
        }
    }

    /**
     * Whether the reports about variables that were put back can be told from others by their names. They cannot where one
     * of those is missing: it may have been reported under another name.
     */
    static boolean tellsApart(SessionChanges changes, Set<String> restored) {
        Set<String> reported = new HashSet<>();
        for (int i = 0; i < changes.variables(); i++) {
            reported.add(changes.variableName(i).toLowerCase(Locale.ROOT));
        }
        return reported.containsAll(restored) || restored.containsAll(reported);
    }

    private void take(Slot slot, Classification statement, String name, String value) {
        boolean tracker = name.startsWith(TRACKER_PREFIX);
        if (DERIVED.contains(name) || (tracker && statement.has(StatementEffects.TRACKERS))) {
            return;
        }
        // How a backslash has to be quoted depends on the sql_mode, and what other letters are on the character set.
        boolean unsafe = value.chars().anyMatch(c -> c == '\\' || c > '~')
                || state.vector().characters() + name.length() + value.length() > SessionState.VECTOR_CHARACTERS_MAX;
        if (NOT_REPLAYABLE.contains(name) || tracker || unsafe) {
            state.pin(slot, PinReason.NON_REPLAYABLE_VARIABLE, true);
        } else if (name.equals(CHARACTER_SET_CONNECTION)) {
            // Character sets have no underscore.
            if (value.indexOf('_') >= 0) {
                collationConnection(value);
            } else {
                collationUnknown = true;
            }
        } else if (name.equals(StateVector.COLLATION_CONNECTION)) {
            collationConnection(value);
        } else {
            state.vector(state.vector().with(name, value));
        }
    }
}
