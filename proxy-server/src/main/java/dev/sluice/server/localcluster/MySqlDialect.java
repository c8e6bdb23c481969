package dev.sluice.server.localcluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * MySQL 8.0.23 and newer.
 *
 * <p>Immutable.
 */
record MySqlDialect(ServerVersion version) implements ServerDialect {
    @Override
    public List<String> arguments(boolean performanceSchema) {
        List<String> arguments = new ArrayList<>(List.of(
                "--mysqlx=OFF",
                "--secure-file-priv=",
                "--gtid_mode=ON",
                "--enforce_gtid_consistency=ON",
                // Else a replica that is killed may take half a transaction in its relay log for one that it has.
                "--relay_log_recovery=ON",
                "--innodb_buffer_pool_size=32M",
                "--innodb_buffer_pool_instances=1",
                // The kernel has so few contexts of its own for it that two dozen servers use them up.
                "--innodb-use-native-aio=OFF",
                // Optional: 8.0.23 to 8.0.29 do not know it.
                "--loose-innodb_redo_log_capacity=16M",
                "--table_open_cache=400",
                "--table_definition_cache=400",
                "--performance_schema=" + (performanceSchema ? "ON" : "OFF")));
        if (version.isAtLeast(8, 4, 0) && !version.isAtLeast(9, 0, 0)) {
            arguments.add("--mysql-native-password=ON");
        }
        return arguments;
    }

    @Override
    public List<String> readOnlyArguments() {
        return List.of("--read_only=ON", "--super_read_only=ON");
    }

    @Override
    public List<String> setReadOnly(boolean readOnly) {
        // Each variable implies the other in one direction, so the order matters.
        return readOnly
                ? List.of("SET GLOBAL super_read_only = ON")
                : List.of("SET GLOBAL super_read_only = OFF", "SET GLOBAL read_only = OFF");
    }

    @Override
    public List<String> letAdministratorsWrite() {
        return List.of("SET GLOBAL super_read_only = OFF");
    }

    @Override
    public List<String> replicateFrom(String host, int port) {
        return List.of(
                ("CHANGE REPLICATION SOURCE TO SOURCE_HOST = '%s', SOURCE_PORT = %d, SOURCE_USER = '%s',"
                                + " SOURCE_PASSWORD = '%s', SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1,"
                                + " SOURCE_CONNECT_RETRY = 1, SOURCE_RETRY_COUNT = 86400")
                        .formatted(host, port, Accounts.REPLICATION_USER, Accounts.REPLICATION_PASSWORD),
                "START REPLICA");
    }

    @Override
    public List<String> becomeReplica() {
        return List.of();
    }

    @Override
    public String surplusQuery(String position) {
        return "SELECT GTID_SUBTRACT(@@global.gtid_executed, '" + position + "')";
    }

    @Override
    public List<String> forgetSurplus(String position) {
        return List.of(
                version.isAtLeast(8, 4, 0) ? "RESET BINARY LOGS AND GTIDS" : "RESET MASTER",
                "SET GLOBAL gtid_purged = '" + position + "'");
    }

    @Override
    public List<String> startReplication() {
        return List.of("START REPLICA");
    }

    @Override
    public List<String> stopReplication() {
        return List.of("STOP REPLICA");
    }

    @Override
    public List<String> forgetSource() {
        return List.of("STOP REPLICA", "RESET REPLICA ALL");
    }

    @Override
    public List<String> delay(long seconds) {
        return List.of(
                "STOP REPLICA SQL_THREAD",
                "CHANGE REPLICATION SOURCE TO SOURCE_DELAY = " + seconds,
                "START REPLICA SQL_THREAD");
    }

    @Override
    public String replicationStatusQuery() {
        return "SHOW REPLICA STATUS";
    }

    @Override
    public List<String> replicationStatusColumns() {
        return List.of("Replica_IO_Running", "Replica_SQL_Running");
    }

    @Override
    public String receivedPositionColumn() {
        return "Retrieved_Gtid_Set";
    }

    @Override
    public String receivedMoreQuery(String position, String other) {
        return "SELECT GTID_SUBTRACT('%s', '%s') <> ''".formatted(position, other);
    }

    @Override
    public List<String> stopReceiving() {
        return List.of("STOP REPLICA IO_THREAD");
    }

    @Override
    public String positionQuery() {
        return "SELECT @@global.gtid_executed";
    }

    @Override
    public String awaitPositionQuery(String position, double timeoutSeconds) {
        return String.format(Locale.ROOT, "SELECT WAIT_FOR_EXECUTED_GTID_SET('%s', %.3f)", position, timeoutSeconds);
    }
}
