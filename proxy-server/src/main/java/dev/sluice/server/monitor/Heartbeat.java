package dev.sluice.server.monitor;

import java.util.regex.Pattern;

/**
 * The row by which lag is measured in milliseconds, kept up to date on the primary and replicated like any other. Immutable.
 *
 * <p>The table is the operator's: {@code CREATE TABLE sluice.heartbeat (id INT PRIMARY KEY, beat_ms BIGINT NOT NULL)}. The
 * time in it is the primary's own, so that several proxies may write the same row, and it is only compared with itself.
 *
 * @param table schema and table
 * @param write whether this proxy writes the row; otherwise somebody else does
 */
public record Heartbeat(String table, boolean write) {
    private static final Pattern TABLE = Pattern.compile("[A-Za-z0-9_$]+\\.[A-Za-z0-9_$]+");

    /** Checks the name, which becomes part of statements. */
    public Heartbeat {
        if (!TABLE.matcher(table).matches()) {
            throw new IllegalArgumentException("heartbeat table must be schema.table, not " + table);
        }
    }

    private String quoted() {
        return "`" + table.replace(".", "`.`") + "`";
    }

    String readStatement() {
        return "SELECT beat_ms FROM " + quoted() + " WHERE id = 1";
    }

    /** Waits for no lock for long: each attempt that the proxy gives up would otherwise stay on the server. */
    String writeStatement() {
        return "SET SESSION lock_wait_timeout = 1, innodb_lock_wait_timeout = 1; INSERT INTO " + quoted()
                + " (id, beat_ms) VALUES (1, FLOOR(UNIX_TIMESTAMP(NOW(3)) * 1000))"
                + " ON DUPLICATE KEY UPDATE beat_ms = VALUES(beat_ms)";
    }
}
