package dev.sluice.router.session;

import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.Traits;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Takes in what servers report about system variables: it is replayed, or ties the session to its connection, or says
 * nothing. Confined to the session's event loop.
 */
final class VariableReports {
    /** One MariaDB version reports collation_connection under this name. */
    private static final String CHARACTER_SET_CONNECTION = "character_set_connection";

    private final SessionState state;
    private boolean collationUnknown;

    VariableReports(SessionState state) {
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
            if (!ReportedVariables.isOfSchema(name)) {
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
        boolean tracker = ReportedVariables.isTracker(name);
        // Whoever runs such a statement knows what the switches are.
        if (ReportedVariables.isDerived(name) || (tracker && statement.has(Traits.TRACKERS))) {
            return;
        }
        if (ReportedVariables.records(name, value)) {
            state.pin(slot, PinReason.PROFILING, true);
            return;
        }
        boolean unsafe = !ReportedVariables.canBeWritten(name, value)
                || state.vector().characters() + name.length() + value.length() > SessionState.VECTOR_CHARACTERS_MAX;
        if (!ReportedVariables.isReplayable(name) || tracker || unsafe) {
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
