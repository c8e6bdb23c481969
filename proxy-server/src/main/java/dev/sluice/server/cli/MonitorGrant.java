package dev.sluice.server.cli;

/** A grant that the monitor account should have, and what is lost without it. Immutable. */
enum MonitorGrant {
    /** Needed to see replication. */
    REPLICATION_CLIENT(
            "REPLICATION CLIENT ON *.* (MariaDB: REPLICA MONITOR)",
            "replication and lag are unknown, so replicas take no reads",
            true),
    /** Needed to serve clients that use the old authentication. */
    SELECT_ON_MYSQL_USER(
            "SELECT ON mysql.user", "accounts that use mysql_native_password cannot log in through Sluice", false);

    private final String grant;
    private final String loss;
    private final boolean needed;

    MonitorGrant(String grant, String loss, boolean needed) {
        this.grant = grant;
        this.loss = loss;
        this.needed = needed;
    }

    String grant() {
        return grant;
    }

    String loss() {
        return loss;
    }

    /** Whether the main job fails without it. */
    boolean needed() {
        return needed;
    }
}
