package dev.sluice.server.backend;

import dev.sluice.router.session.StateVector;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The statements prepared on one backend connection, shared by the sessions that borrow it one after the other, and the
 * places that they take of what the backend gives to all connections. Confined to the session's event loop.
 */
public final class StatementHandles {
    /** Statements kept per connection at most. */
    public static final int HANDLES_MAX = 128;

    /** One prepared statement on the server. */
    public static final class Handle {
        private final int serverId;
        private byte @Nullable [] boundTypes;
        private @Nullable Object exclusiveTo;
        private boolean cursorAsked;
        private boolean preparedAstray;
        private boolean strayed;

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

        /**
         * Whether it was ever executed with a cursor. Executed without one after that, MySQL 8.0.31 does not end its answer,
         * and the session waits for ever.
         */
        public boolean hasHadCursor() {
            return cursorAsked;
        }

        /** Notes that it is executed with a cursor. */
        public void cursorAsked() {
            cursorAsked = true;
        }

        /** Notes that it was prepared with other settings than the statement is to be prepared with. */
        public void preparedAstray() {
            preparedAstray = true;
        }

        /**
         * Notes that it is executed. The server prepares a statement again when types of parameters change, and decides anew
         * what it computes.
         *
         * @param deciding that part of the session's state now
         */
        public void executed(Text text, StateVector deciding) {
            strayed |= !deciding.equals(text.decidedIn);
        }

        /** Whether it computes what it does for a session that has always had the settings that it has now. */
        public boolean suits(Text text, StateVector deciding) {
            boolean asPrepared = deciding.equals(text.preparedIn.deciding());
            return !(preparedAstray && asPrepared) && !(strayed && deciding.equals(text.decidedIn));
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
     * What a prepared statement depends on: its text, known by a digest so that no connection keeps it, the state it was prepared in (schema, sql_mode, character set), and
     * the types that its parameters had and the settings at its first execution, by which a server decides what the
     * statement computes.
     * Immutable: the arrays must not be changed.
     */
    public static final class Text {
        private final TextDigest sql;
        private final StateVector preparedIn;
        private final int copy;
        private final byte @Nullable [] firstTypes;
        private final @Nullable StateVector decidedIn;
        private final int hash;

        /**
         * @param sql the digest of the statement as the client sent it
         * @param preparedIn the session's state at COM_STMT_PREPARE
         * @param copy 0, or a number that keeps apart equal texts that need handles of their own
         */
        public Text(TextDigest sql, StateVector preparedIn, int copy) {
            this(sql, preparedIn, copy, null, null);
        }

        private Text(
                TextDigest sql,
                StateVector preparedIn,
                int copy,
                byte @Nullable [] firstTypes,
                @Nullable StateVector decidedIn) {
            this.sql = sql;
            this.preparedIn = preparedIn;
            this.copy = copy;
            this.firstTypes = firstTypes;
            this.decidedIn = decidedIn;
            int first = 31 * Arrays.hashCode(firstTypes) + Objects.hashCode(decidedIn);
            this.hash = 31 * (31 * (31 * sql.hashCode() + preparedIn.hashCode()) + copy) + first;
        }

        /**
         * The same statement, executed first with these parameter types, two bytes each.
         *
         * @param deciding that part of the session's state then
         */
        public Text executedWith(byte[] types, StateVector deciding) {
            return new Text(sql, preparedIn, copy, types, deciding);
        }

        /** The same statement with a handle that equal ones do not share. */
        public Text copy(int number) {
            return new Text(sql, preparedIn, number, firstTypes, decidedIn);
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
                            && Objects.equals(decidedIn, other.decidedIn)
                            && sql.equals(other.sql));
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    private final Map<Text, Handle> handles = new LinkedHashMap<>(16, 0.75f, true);
    private StatementBudget budget = new StatementBudget();
    /** Places taken: one for each handle, and one for a statement that is being prepared. */
    private int places;

    /** Counts places in another budget from now on. Called before the first is taken. */
    void budget(StatementBudget shared) {
        budget = shared;
    }

    StatementBudget budget() {
        return budget;
    }

    /** How many places are taken. */
    int places() {
        return places;
    }

    /** A place has been taken from the budget for this connection. */
    void placeTaken() {
        places++;
    }

    /** Gives back the places of statements that could not be prepared, or are closed. Called when nothing is being prepared. */
    public void reconcile() {
        if (places > handles.size()) {
            budget.giveBack(places - handles.size());
            places = handles.size();
        }
    }

    /** The handle of a statement, or null when it is not prepared here. */
    public @Nullable Handle find(Text text) {
        return handles.get(text);
    }

    /** Adds the handle of a statement for which a place was taken. */
    public void add(Text text, Handle handle) {
        handles.put(text, handle);
    }

    /** The same handle is another statement's from now on. */
    public void rename(Text before, Text now, Handle handle) {
        handles.remove(before);
        handles.put(now, handle);
    }

    /** Removes the handle that was not used for longest and is not reserved; null if there is none. Its place stays taken. */
    @Nullable
    Handle takeLeastUsed() {
        for (Map.Entry<Text, Handle> eldest : handles.entrySet()) {
            Handle handle = eldest.getValue();
            if (handle.exclusiveTo() == null) {
                handles.remove(eldest.getKey());
                return handle;
            }
        }
        return null;
    }

    /** Removes a handle that is being closed, and gives its place back; null if there is none. */
    @Nullable
    Handle remove(Text text) {
        Handle removed = handles.remove(text);
        if (removed != null) {
            placeFreed();
        }
        return removed;
    }

    /** The statement of a place is closed. */
    void placeFreed() {
        places--;
        budget.giveBack(1);
    }

    /** Forgets all: COM_RESET_CONNECTION closed them, or the connection has ended. */
    void clear() {
        handles.clear();
        budget.giveBack(places);
        places = 0;
    }
}
