package dev.sluice.server.monitor;

import dev.sluice.router.topology.ServerFlavor;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How one family of servers is asked for its replication status, and how it names the answer. Immutable.
 *
 * <p>MySQL says source and replica since 8.0.22 and has dropped the older words since; MariaDB keeps the older ones.
 */
enum ReplicationDialect {
    MYSQL_SOURCE("SHOW REPLICA STATUS", "SHOW REPLICAS", "Source", "Replica"),
    MYSQL_MASTER("SHOW SLAVE STATUS", "SHOW SLAVE HOSTS", "Master", "Slave"),
    MARIADB("SHOW ALL SLAVES STATUS", "SHOW SLAVE HOSTS", "Master", "Slave");

    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+)\\.(\\d+)");

    private static final String COMMON_VARIABLES =
            "SELECT @@GLOBAL.read_only AS read_only, @@GLOBAL.version AS version, @@GLOBAL.server_id AS server_id,"
                    + " @@GLOBAL.collation_server AS collation_server, @@GLOBAL.sql_mode AS sql_mode,"
                    + " @@GLOBAL.max_prepared_stmt_count AS max_prepared_stmt_count, ";

    private final String statusStatement;
    private final String replicasStatement;
    private final String source;
    private final String replica;

    ReplicationDialect(String statusStatement, String replicasStatement, String source, String replica) {
        this.statusStatement = statusStatement;
        this.replicasStatement = replicasStatement;
        this.source = source;
        this.replica = replica;
    }

    static ReplicationDialect ofVersion(String version) {
        if (ServerFlavor.ofVersion(version) == ServerFlavor.MARIADB) {
            return MARIADB;
        }
        Matcher numbers = VERSION.matcher(version);
        if (!numbers.lookingAt()) {
            return MYSQL_SOURCE;
        }
        int major = Integer.parseInt(numbers.group(1));
        int patch = Integer.parseInt(numbers.group(3));
        boolean old = major < 8 || (major == 8 && numbers.group(2).equals("0") && patch < 22);
        return old ? MYSQL_MASTER : MYSQL_SOURCE;
    }

    ServerFlavor flavor() {
        return this == MARIADB ? ServerFlavor.MARIADB : ServerFlavor.MYSQL;
    }

    String statusStatement() {
        return statusStatement;
    }

    /** Asks for the replicas that are connected now. */
    String replicasStatement() {
        return replicasStatement;
    }

    String replicaUuidColumn() {
        return replica + "_UUID";
    }

    String variablesQuery() {
        String variables = this == MARIADB
                ? "0 AS innodb_read_only, NULL AS server_uuid, @@GLOBAL.log_bin AS tracks_gtids,"
                        + " @@GLOBAL.gtid_current_pos AS own_position, @@GLOBAL.gtid_slave_pos AS replicated_position,"
                        + " IF(@@GLOBAL.log_bin, @@GLOBAL.gtid_binlog_pos, NULL) AS committing_position,"
                        + " @@GLOBAL.log_slave_updates AS logs_replicated"
                // What commits is asked for before what is executed: a commit moves from the one to the other.
                : "IF(@@GLOBAL.gtid_mode LIKE 'ON%', @@GLOBAL.gtid_owned, NULL) AS committing_position, 1 AS logs_replicated,"
                        + " @@GLOBAL.innodb_read_only AS innodb_read_only, @@GLOBAL.server_uuid AS server_uuid,"
                        + " @@GLOBAL.gtid_mode = 'ON' AND @@GLOBAL.log_bin AS tracks_gtids,"
                        + " @@GLOBAL.gtid_executed AS own_position, @@GLOBAL.gtid_executed AS replicated_position";
        return COMMON_VARIABLES + variables;
    }

    String missingPrivilege() {
        String privilege = this == MARIADB ? "SLAVE MONITOR" : "REPLICATION CLIENT";
        return "the monitor account lacks " + privilege
                + ": replication status and lag are unknown, so this server takes no reads while it is a replica";
    }

    String sourceHostColumn() {
        return source + "_Host";
    }

    String sourcePortColumn() {
        return source + "_Port";
    }

    String sourceIdColumn() {
        return source + "_Server_Id";
    }

    String sourceUuidColumn() {
        return source + "_UUID";
    }

    String receiverColumn() {
        return replica + "_IO_Running";
    }

    String applierColumn() {
        return replica + "_SQL_Running";
    }

    String behindColumn() {
        return "Seconds_Behind_" + source;
    }
}
