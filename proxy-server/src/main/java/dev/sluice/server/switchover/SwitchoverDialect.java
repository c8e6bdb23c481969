package dev.sluice.server.switchover;

import java.util.List;
import java.util.Locale;

/**
 * What the steps of a switchover are called by one vendor. Immutable.
 *
 * <p>MySQL 8.0.26 and newer, which say source and replica throughout; MariaDB 10.5 and newer.
 */
enum SwitchoverDialect {
    MYSQL {
        @Override
        String stateQuery() {
            return "SELECT @@global.read_only AS read_only, @@global.gtid_mode = 'ON' AS gtids,"
                    + " @@global.log_bin AND @@global.log_replica_updates AS keeps_log,"
                    + " @@global.gtid_executed AS position";
        }

        @Override
        String channelQuery() {
            return "SHOW REPLICA STATUS";
        }

        @Override
        List<String> privileges() {
            return List.of(
                    "SYSTEM_VARIABLES_ADMIN",
                    "CONNECTION_ADMIN",
                    "REPLICATION_SLAVE_ADMIN",
                    "REPLICATION CLIENT",
                    "RELOAD");
        }

        @Override
        List<String> fence() {
            // Implies read_only, and returns when no commit is under way any more.
            return List.of("SET GLOBAL super_read_only = ON");
        }

        @Override
        List<String> open() {
            return List.of("SET GLOBAL super_read_only = OFF", "SET GLOBAL read_only = OFF");
        }

        @Override
        String positionQuery() {
            return "SELECT @@global.gtid_executed AS position";
        }

        @Override
        String surplusQuery(String position) {
            return "SELECT GTID_SUBTRACT('%s', @@global.gtid_executed) AS surplus".formatted(position);
        }

        @Override
        String awaitQuery(String position, double seconds) {
            return String.format(
                    Locale.ROOT, "SELECT WAIT_FOR_EXECUTED_GTID_SET('%s', %.3f) AS late", position, seconds);
        }

        @Override
        String startReplication() {
            return "START REPLICA";
        }

        @Override
        String stopReplication() {
            return "STOP REPLICA";
        }

        @Override
        String forgetSource() {
            return "RESET REPLICA ALL";
        }

        @Override
        String changeSource(String host, int port) {
            return "CHANGE REPLICATION SOURCE TO SOURCE_HOST = %s, SOURCE_PORT = %d".formatted(quoted(host), port);
        }

        @Override
        List<String> becomeReplica(ReplicationSource source, String host, int port, String position) {
            return List.of(changeSource(host, port)
                    + ", SOURCE_USER = %s, SOURCE_PASSWORD = %s, SOURCE_AUTO_POSITION = 1"
                            .formatted(quoted(source.user()), quoted(source.password()))
                    + ", SOURCE_CONNECT_RETRY = %d, SOURCE_SSL = %d, GET_SOURCE_PUBLIC_KEY = %d"
                            .formatted(source.connectRetrySeconds(), source.tls() ? 1 : 0, source.publicKey() ? 1 : 0));
        }
    },

    MARIADB {
        @Override
        String stateQuery() {
            return "SELECT @@global.read_only AS read_only, 1 AS gtids,"
                    + " @@global.log_bin AND @@global.log_slave_updates AS keeps_log,"
                    + " @@global.gtid_current_pos AS position";
        }

        @Override
        String channelQuery() {
            return "SHOW ALL SLAVES STATUS";
        }

        @Override
        List<String> privileges() {
            return List.of("READ_ONLY ADMIN", "REPLICATION SLAVE ADMIN", "SLAVE MONITOR", "BINLOG MONITOR", "RELOAD");
        }

        @Override
        List<String> fence() {
            // There is no super_read_only: the lock keeps privileged accounts out until the session that took it ends.
            return List.of("FLUSH TABLES WITH READ LOCK", "SET GLOBAL read_only = ON");
        }

        @Override
        List<String> open() {
            return List.of("SET GLOBAL read_only = OFF");
        }

        @Override
        String positionQuery() {
            return "SELECT @@global.gtid_binlog_pos AS position";
        }

        @Override
        String surplusQuery(String position) {
            // Nothing subtracts positions here; what was written to a replica itself shows on the replica.
            return "SELECT '' AS surplus";
        }

        @Override
        String awaitQuery(String position, double seconds) {
            return String.format(Locale.ROOT, "SELECT MASTER_GTID_WAIT('%s', %.3f) AS late", position, seconds);
        }

        @Override
        String startReplication() {
            return "START SLAVE";
        }

        @Override
        String stopReplication() {
            return "STOP SLAVE";
        }

        @Override
        String forgetSource() {
            return "RESET SLAVE ALL";
        }

        @Override
        String changeSource(String host, int port) {
            return "CHANGE MASTER TO MASTER_HOST = %s, MASTER_PORT = %d, MASTER_USE_GTID = slave_pos"
                    .formatted(quoted(host), port);
        }

        @Override
        List<String> becomeReplica(ReplicationSource source, String host, int port, String position) {
            // What a primary wrote itself is not part of its position as a replica until it is told so.
            return List.of(
                    "SET GLOBAL gtid_slave_pos = '%s'".formatted(position),
                    changeSource(host, port)
                            + ", MASTER_USER = %s, MASTER_PASSWORD = %s"
                                    .formatted(quoted(source.user()), quoted(source.password()))
                            + ", MASTER_CONNECT_RETRY = %d, MASTER_SSL = %d"
                                    .formatted(source.connectRetrySeconds(), source.tls() ? 1 : 0));
        }
    };

    /**
     * The account and the manner in which the old primary will replicate. Immutable.
     *
     * @param publicKey whether to ask the source for its public key; MySQL without TLS needs it
     */
    record ReplicationSource(String user, String password, int connectRetrySeconds, boolean tls, boolean publicKey) {
        @Override
        public String toString() {
            return "ReplicationSource[user=" + user + "]";
        }
    }

    /** One row: read_only, gtids, keeps_log, position. */
    abstract String stateQuery();

    /** One row for each source. */
    abstract String channelQuery();

    /** What the account needs on every server. */
    abstract List<String> privileges();

    /** Refuses writes, whoever they come from. */
    abstract List<String> fence();

    /** Accepts writes. */
    abstract List<String> open();

    /** One row: position, all that the primary has executed. */
    abstract String positionQuery();

    /** One row, asked on the primary: surplus, what is in a replica's position and not on the primary. */
    abstract String surplusQuery(String position);

    /** One row, asked on a replica: late, which is 0 when it has executed up to the position within the time. */
    abstract String awaitQuery(String position, double seconds);

    abstract String startReplication();

    abstract String stopReplication();

    abstract String forgetSource();

    /** Points a stopped replica elsewhere; its account and its place in the stream stay. */
    abstract String changeSource(String host, int port);

    /** Points a server elsewhere that was no replica; {@code position} is all that it has executed. */
    abstract List<String> becomeReplica(ReplicationSource source, String host, int port, String position);

    static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'";
    }

    /** A statement without the password in it, for people and logs. */
    static String masked(String sql) {
        return sql.replaceAll("(_PASSWORD = )'(?:[^'\\\\]|''|\\\\.)*'", "$1'...'");
    }
}
