package dev.sluice.router.sql;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is known about system variables: who may answer for their value, and what assigning them means. Immutable. */
final class SystemVariableCatalog {
    /** The scope written in front of a variable's name. */
    enum Scope {
        NONE,
        SESSION,
        GLOBAL
    }

    /** What a variable means for routing. */
    enum VariableClass {
        /** Not in the table. */
        UNKNOWN(Traits.SYSTEM_VARIABLE, Traits.SYSTEM_VARIABLE, 0),
        /** The same for this session wherever it runs, but the global value belongs to one server. */
        SESSION(0, Traits.SYSTEM_VARIABLE, 0),
        /** A character set or collation of the session. */
        CHARSET(0, Traits.SYSTEM_VARIABLE, Traits.SETS_NAMES),
        /** A switch of session tracking, of which Sluice has its own on every connection. */
        TRACKER(Traits.TIES_TRACKERS, Traits.SYSTEM_VARIABLE, Traits.TIES_TRACKERS),
        /** That of GTIDs. */
        GTID_TRACKER(Traits.TIES_TRACKERS, Traits.SYSTEM_VARIABLE, Traits.TIES_TRACKERS | Traits.SETS_GTID_TRACKER),
        /** A characteristic of transactions. */
        TRANSACTION(0, Traits.SYSTEM_VARIABLE, 0),
        /** Settings of a server that every server of a cluster is expected to share, or that name the server. */
        SERVER(0, 0, 0),
        /** About one server at one moment, or about the connection. */
        PRIMARY_ONLY(Traits.SYSTEM_VARIABLE, Traits.SYSTEM_VARIABLE, 0),
        /** Like that, and its value must not be given to another connection. */
        NON_REPLAYABLE(Traits.SYSTEM_VARIABLE, Traits.SYSTEM_VARIABLE, Traits.SETS_NON_REPLAYABLE),
        /** The same, and reading it asks for the last insert id. */
        LAST_INSERT_ID(Traits.LAST_INSERT_ID, Traits.LAST_INSERT_ID, Traits.SETS_NON_REPLAYABLE),
        /** About the last statement. */
        DIAGNOSTICS(Traits.DIAGNOSTICS, Traits.DIAGNOSTICS, 0);

        private final long readTraits;
        private final long globalReadTraits;
        private final long assignmentTraits;

        VariableClass(long readTraits, long globalReadTraits, long assignmentTraits) {
            this.readTraits = readTraits;
            this.globalReadTraits = globalReadTraits;
            this.assignmentTraits = assignmentTraits;
        }

        long assignmentTraits() {
            return assignmentTraits;
        }
    }

    private static final NameTable<VariableClass> VARIABLES = new NameTable<>(load());
    private static final NameTable<Scope> SCOPES = new NameTable<>(Map.of(
            "GLOBAL", Scope.GLOBAL,
            "PERSIST", Scope.GLOBAL,
            "PERSIST_ONLY", Scope.GLOBAL,
            "SESSION", Scope.SESSION,
            "LOCAL", Scope.SESSION));

    private SystemVariableCatalog() {}

    /** The class of the variable with that name. */
    static VariableClass find(byte[] bytes, int start, int length) {
        @Nullable VariableClass found = length <= 0 ? null : VARIABLES.find(bytes, start, length);
        return found == null ? VariableClass.UNKNOWN : found;
    }

    /** The traits of reading the variable whose name, with its scope, stands between {@code start} and {@code end}. */
    static long readTraits(byte[] bytes, int start, int end) {
        int name = nameStart(bytes, start, end);
        VariableClass found = find(bytes, name, end - name);
        return scope(bytes, start, end) == Scope.GLOBAL ? found.globalReadTraits : found.readTraits;
    }

    /** The scope in front of the name. */
    static Scope scope(byte[] bytes, int start, int end) {
        int dot = dot(bytes, start, end);
        @Nullable Scope found = dot <= start ? null : SCOPES.find(bytes, start, dot - start);
        return found == null ? Scope.NONE : found;
    }

    /** Where the name starts behind its scope; behind anything else there is no known name. */
    static int nameStart(byte[] bytes, int start, int end) {
        return scope(bytes, start, end) == Scope.NONE ? start : dot(bytes, start, end) + 1;
    }

    private static int dot(byte[] bytes, int start, int end) {
        for (int i = start; i < end; i++) {
            if (bytes[i] == '.') {
                return i;
            }
        }
        return -1;
    }

    private static Map<String, VariableClass> load() {
        Map<String, VariableClass> variables = new HashMap<>();
        for (List<String> line : WordLists.read("variables.txt")) {
            VariableClass variableClass = VariableClass.valueOf(line.get(0));
            for (String name : line.subList(1, line.size())) {
                if (variables.put(name, variableClass) != null) {
                    throw new IllegalStateException("variables.txt names " + name + " twice");
                }
            }
        }
        return variables;
    }
}
