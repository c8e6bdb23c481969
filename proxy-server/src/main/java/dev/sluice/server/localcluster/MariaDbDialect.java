package dev.sluice.server.localcluster;

import java.util.List;
import java.util.Locale;

/**
 * MariaDB 10.5 and newer.
 *
 * <p>Immutable.
 */
record MariaDbDialect() implements ServerDialect {
    @Override
    public List<String> arguments(boolean performanceSchema) {
        return List.of(
                "--secure-file-priv=",
                // A promoted replica must be able to give the others what it received as a replica.
                "--log-slave-updates=ON",
                "--innodb_buffer_pool_size=32M",
                "--innodb_log_file_size=16M",
                "--table_open_cache=400",
                "--table_definition_cache=400",
                // From 11.4 on a server without certificates makes a key at each start, which takes seconds.
                "--skip-ssl",
                "--performance_schema=" + (performanceSchema ? "ON" : "OFF"));
    }

    @Override
    public List<String> readOnlyArguments() {
        return List.of("--read_only=ON");
    }

    @Override
    public List<String> setReadOnly(boolean readOnly) {
        return List.of("SET GLOBAL read_only = " + (readOnly ? "ON" : "OFF"));
    }

    @Override
    public List<String> letAdministratorsWrite() {
        return List.of();
    }

    @Override
    public List<String> replicateFrom(String host, int port) {
        return List.of(
                ("CHANGE MASTER TO MASTER_HOST = '%s', MASTER_PORT = %d, MASTER_USER = '%s', MASTER_PASSWORD = '%s',"
                                + " MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1, MASTER_SSL = 0")
                        .formatted(host, port, Accounts.REPLICATION_USER, Accounts.REPLICATION_PASSWORD),
                "START SLAVE");
    }

    @Override
    public List<String> becomeReplica() {
        // What a primary wrote itself is not part of its position as a replica until it is told so.
        return List.of("SET GLOBAL gtid_slave_pos = @@global.gtid_binlog_pos");
    }

    @Override
    public String surplusQuery(String position) {
        return "SELECT IF(@@global.gtid_binlog_pos = '" + position + "', '', @@global.gtid_binlog_pos)";
    }

    @Override
    public List<String> forgetSurplus(String position) {
        return List.of("RESET MASTER", "SET GLOBAL gtid_slave_pos = '" + position + "'");
    }

    @Override
    public List<String> startReplication() {
        return List.of("START SLAVE");
    }

    @Override
    public List<String> stopReplication() {
        return List.of("STOP SLAVE");
    }

    @Override
    public List<String> forgetSource() {
        return List.of("STOP SLAVE", "RESET SLAVE ALL");
    }

    @Override
    public List<String> delay(long seconds) {
        return List.of("STOP SLAVE", "CHANGE MASTER TO MASTER_DELAY = " + seconds, "START SLAVE");
    }

    @Override
    public String replicationStatusQuery() {
        return "SHOW SLAVE STATUS";
    }

    @Override
    public List<String> replicationStatusColumns() {
        return List.of("Slave_IO_Running", "Slave_SQL_Running");
    }

    @Override
    public String receivedPositionColumn() {
        return "Gtid_IO_Pos";
    }

    @Override
    public String receivedMoreQuery(String position, String other) {
        // One domain: domain, server, sequence number.
        return "SELECT SUBSTRING_INDEX('%s', '-', -1) + 0 > SUBSTRING_INDEX('%s', '-', -1) + 0"
                .formatted(position, other);
    }

    @Override
    public List<String> stopReceiving() {
        return List.of("STOP SLAVE IO_THREAD");
    }

    @Override
    public String positionQuery() {
        return "SELECT @@global.gtid_current_pos";
    }

    @Override
    public String awaitPositionQuery(String position, double timeoutSeconds) {
        return String.format(Locale.ROOT, "SELECT MASTER_GTID_WAIT('%s', %.3f)", position, timeoutSeconds);
    }
}
