package dev.sluice.server.localcluster;

import java.util.List;

/**
 * What a vendor says differently: command-line arguments and the statements of GTID replication.
 *
 * <p>Thread-safe: implementations are immutable.
 */
interface ServerDialect {
    /** The dialect of a version. */
    static ServerDialect of(ServerVersion version) {
        return switch (version.vendor()) {
            case MYSQL -> new MySqlDialect(version);
            case MARIADB -> new MariaDbDialect();
        };
    }

    /** Arguments for a small and quick server with a binary log and GTIDs. */
    List<String> arguments(boolean performanceSchema);

    /** Arguments for a server that refuses writes from its start on. */
    List<String> readOnlyArguments();

    /** Statements that make a server refuse writes, or accept them again. */
    List<String> setReadOnly(boolean readOnly);

    /** Statements that let accounts with all privileges write on a server that refuses the writes of others. */
    List<String> letAdministratorsWrite();

    /** Statements that point a server at a source and start replicating from the server's own position. */
    List<String> replicateFrom(String host, int port);

    /** Statements that come before {@link #replicateFrom} on a server that was a primary. */
    List<String> becomeReplica();

    /** A query of one text: what this server has executed beyond a position; empty if nothing. */
    String surplusQuery(String position);

    /** Statements that make a server whose surplus was undone by hand forget that it ever had one. */
    List<String> forgetSurplus(String position);

    List<String> startReplication();

    List<String> stopReplication();

    /** Statements that make a replica forget its source. */
    List<String> forgetSource();

    /** Statements that let a replica apply each transaction no earlier than so many seconds after its source did. */
    List<String> delay(long seconds);

    /** A query whose row, one per source, says whether this server replicates. */
    String replicationStatusQuery();

    /** The columns of that row which say {@code Yes} while the server replicates. */
    List<String> replicationStatusColumns();

    /** The column of that row with what this server has received from its source, executed or not. */
    String receivedPositionColumn();

    /** A query of one value: 1 if the first position, received from a source, has more than the second. */
    String receivedMoreQuery(String position, String other);

    /** Statements that end receiving and let applying go on. */
    List<String> stopReceiving();

    /** A query of one value: everything this server has executed. */
    String positionQuery();

    /** A query of one value, which is 0 when the server reached the position within the time. */
    String awaitPositionQuery(String position, double timeoutSeconds);
}
