package dev.sluice.server.it;

import java.util.List;

/** State that ties a fuzzed session to its connection, so that only some may have it at a time. Immutable. */
enum FuzzedTie {
    TEMPORARY_TABLE,
    LOCK,
    PREPARED,
    ROLE,
    EXPRESSION,
    SWITCHES,
    /** A transaction that stays open from one step to the next, with a row that nobody else sees. */
    TRANSACTION,
    TABLE_LOCK,
    CURSOR;

    /** What brings it about in a session that has a number. */
    List<String> tying(int number) {
        return switch (this) {
            case TEMPORARY_TABLE ->
                List.of("CREATE TEMPORARY TABLE state.fuzz (v INT)", "INSERT INTO state.fuzz VALUES (" + number + ")");
            case LOCK -> List.of("SELECT GET_LOCK('fuzz" + number + "', 1)");
            case PREPARED -> List.of("PREPARE fuzz FROM 'SELECT " + number + "'");
            case ROLE -> List.of("SET ROLE fuzz");
            case EXPRESSION -> List.of("SET @expression = " + number + " + 0");
            case SWITCHES -> List.of("SET session_track_system_variables = '', @expression = " + number);
            case TABLE_LOCK -> List.of("LOCK TABLES state.t READ");
            case TRANSACTION, CURSOR -> List.of();
        };
    }

    /** What ends it; nothing if only a reset does, or the end of a cursor or a transaction. */
    List<String> untying(int number) {
        return switch (this) {
            case TEMPORARY_TABLE -> List.of("DROP TEMPORARY TABLE state.fuzz");
            case LOCK -> List.of("SELECT RELEASE_LOCK('fuzz" + number + "')");
            case PREPARED -> List.of("DEALLOCATE PREPARE fuzz");
            case TABLE_LOCK -> List.of("UNLOCK TABLES");
            case ROLE, EXPRESSION, SWITCHES, TRANSACTION, CURSOR -> List.of();
        };
    }

    boolean endsByReset() {
        return this == ROLE || this == EXPRESSION || this == SWITCHES;
    }

    /** Whether a session has to be allowed to write as long as it has this. */
    boolean writes() {
        return this == TEMPORARY_TABLE || this == TRANSACTION;
    }

    /** Whether BEGIN would end it. */
    boolean endsAtBegin() {
        return this == TRANSACTION || this == TABLE_LOCK;
    }
}
