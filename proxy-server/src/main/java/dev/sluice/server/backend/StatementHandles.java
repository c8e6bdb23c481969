package dev.sluice.server.backend;

import dev.sluice.router.session.StateVector;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The statements prepared on one backend connection, shared by the sessions that borrow it one after the other; the
 * least recently used is closed when the bound is reached. Confined to the session's event loop.
 */
public final class StatementHandles {
    /** Statements kept per connection at most; times the connections it stays far below max_prepared_stmt_count. */
    public static final int HANDLES_MAX = 128;

    /** One prepared statement on the server. */
    public static final class Handle {
        private final int serverId;
        private byte @Nullable [] boundTypes;
        private @Nullable Object exclusiveTo;

        /** @param serverId the server's statement id on this connection */
        public Handle(int serverId) {
            this.serverId = serverId;
        }

        /** The server's statement id on this connection. */
        public int serverId() {
            return serverId;
        }

        /** The parameter types that the server remembers for this statement: the very array, as its client bound it. */
        public byte @Nullable [] boundTypes() {
            return boundTypes;
        }

        /** Notes the parameter types that the server remembers. */
        public void boundTypes(byte[] types) {
            boundTypes = types;
        }

        /** The statement of a session that has a cursor or long data here, or null. */
        public @Nullable Object exclusiveTo() {
            return exclusiveTo;
        }

        /** Reserves the handle for one statement while it has a cursor or long data, or frees it. */
        public void exclusiveTo(@Nullable Object statement) {
            exclusiveTo = statement;
        }
    }

    /**
     * What a prepared statement depends on: its text, the state it was prepared in (schema, sql_mode, character set), and
     * the types that its parameters had at its first execution, by which a server decides what the statement computes.
     * Immutable: the arrays must not be changed.
     */
    public static final class Text {
        private final byte[] sql;
        private final StateVector preparedIn;
        private final int copy;
        private final byte @Nullable [] firstTypes;
        private final int hash;

        /**
         * @param sql the statement as the client sent it
         * @param preparedIn the session's state at COM_STMT_PREPARE
         * @param copy 0, or a number that keeps apart equal texts that need handles of their own
         */
        public Text(byte[] sql, StateVector preparedIn, int copy) {
            this(sql, preparedIn, copy, null);
        }

        private Text(byte[] sql, StateVector preparedIn, int copy, byte @Nullable [] firstTypes) {
            this.sql = sql;
            this.preparedIn = preparedIn;
            this.copy = copy;
            this.firstTypes = firstTypes;
            this.hash = 31 * (31 * (31 * Arrays.hashCode(sql) + preparedIn.hashCode()) + copy)
                    + Arrays.hashCode(firstTypes);
        }

        /** The same statement, executed first with these parameter types, two bytes each. */
        public Text executedWith(byte[] types) {
            return new Text(sql, preparedIn, copy, types);
        }

        /** The same statement with a handle that equal ones do not share. */
        public Text copy(int number) {
            return new Text(sql, preparedIn, number, firstTypes);
        }

        /** The statement's bytes. */
        public byte[] sql() {
            return sql;
        }

        /** The state that the statement was, and must be, prepared in. */
        public StateVector preparedIn() {
            return preparedIn;
        }

        @Override
        public boolean equals(@Nullable Object object) {
            return this == object
                    || (object instanceof Text other
                            && hash == other.hash
                            && copy == other.copy
                            && preparedIn.equals(other.preparedIn)
                            && Arrays.equals(firstTypes, other.firstTypes)
                            && Arrays.equals(sql, other.sql));
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    private final Map<Text, Handle> handles = new LinkedHashMap<>(16, 0.75f, true);

    /** The handle of a statement, or null when it is not prepared here. */
    public @Nullable Handle find(Text text) {
        return handles.get(text);
    }

    /** Adds a handle. Returns the one that had to make room, which the caller closes on the server, or null. */
    public @Nullable Handle add(Text text, Handle handle) {
        handles.put(text, handle);
        if (handles.size() <= HANDLES_MAX) {
            return null;
        }
        for (Map.Entry<Text, Handle> eldest : handles.entrySet()) {
            if (eldest.getValue().exclusiveTo() == null && eldest.getValue() != handle) {
                handles.remove(eldest.getKey());
                return eldest.getValue();
            }
        }
        return null;
    }

    /** Removes a handle that the server no longer has or that is being closed. */
    public void remove(Text text) {
        handles.remove(text);
    }

    /** Forgets all: COM_RESET_CONNECTION closed them. */
    public void clear() {
        handles.clear();
    }
}
