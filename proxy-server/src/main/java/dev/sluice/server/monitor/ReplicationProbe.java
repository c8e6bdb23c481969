package dev.sluice.server.monitor;

import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.ReplicationChannel;
import dev.sluice.router.topology.ServerFacts;
import dev.sluice.router.topology.ServerFlavor;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The probe for asynchronous and semi-synchronous replication, of MySQL and of MariaDB. Confined to the prober thread of
 * its backend.
 *
 * <p>Variables, replication status and heartbeat are statements in one packet. An account without the privilege for the
 * status is asked for the others alone and still learns role and position; only the lag stays unknown.
 *
 * <p>MariaDB: the position of a server that replicates is {@code gtid_slave_pos}, of one that does not
 * {@code gtid_current_pos}. The binary log position of a replica is no measure: it counts what was written to the replica
 * itself.
 */
final class ReplicationProbe implements BackendProbe {
    private static final Pattern STATEMENT = Pattern.compile("\\b(?:on query|query:)", Pattern.CASE_INSENSITIVE);
    /** From the first quote to the last: servers quote what is quoted already, without marking it. */
    private static final Pattern RETRIES = Pattern.compile(" retries: \\d+");

    private static final Pattern QUOTED = Pattern.compile("'.*'|'.*", Pattern.DOTALL);

    private static final int ER_SPECIFIC_ACCESS_DENIED = 1227;

    private static final String WITHOUT_GTIDS = "writes here have no GTID that a session could be told:"
            + " after a write its reads stay on the primary for routing.sticky-after-write, which is a guess about lag";

    private static final Pattern OWNING_THREAD = Pattern.compile("#\\d+");

    /** No such schema, table or column, or not for this account. */
    private static final Set<Integer> NO_HEARTBEAT = Set.of(1044, 1049, 1054, 1142, 1143, 1146);

    /** After a refusal a part is not asked for; a privilege granted meanwhile is found after as many probes. */
    private static final int PROBES_WITHOUT = 100;

    private final ReplicationDialect dialect;
    private final @Nullable Heartbeat heartbeat;
    private final ReplicaListing replicas;
    private int probesUntilStatus;
    private int probesUntilHeartbeat;
    private @Nullable String heartbeatProblem;
    private CollationCatalog collations = CollationCatalog.EMPTY;
    private String executedText = "";
    private GtidPosition executed = GtidPosition.EMPTY;
    private String committingText = "";
    private GtidPosition ceiling = GtidPosition.EMPTY;
    private GtidPosition ceilingOf = GtidPosition.UNKNOWN;

    ReplicationProbe(ReplicationDialect dialect, @Nullable Heartbeat heartbeat) {
        this.dialect = dialect;
        this.heartbeat = heartbeat;
        this.replicas = new ReplicaListing(dialect);
    }

    @Override
    public CollationCatalog collations() {
        return collations;
    }

    @Override
    public ProbeReading read(Connection connection) throws SQLException {
        if (collations == CollationCatalog.EMPTY) {
            collations = CollationCatalog.read(connection, dialect.flavor());
        }
        boolean status = probesUntilStatus == 0;
        boolean beat = heartbeat != null && probesUntilHeartbeat == 0;
        probesUntilStatus -= status ? 0 : 1;
        probesUntilHeartbeat -= probesUntilHeartbeat == 0 ? 0 : 1;
        while (true) {
            try {
                ProbeReading reading = read(connection, status, beat);
                heartbeatProblem = beat ? null : heartbeatProblem;
                return reading;
            } catch (SQLException e) {
                if (status && e.getErrorCode() == ER_SPECIFIC_ACCESS_DENIED) {
                    status = false;
                    probesUntilStatus = PROBES_WITHOUT;
                } else if (beat && NO_HEARTBEAT.contains(e.getErrorCode())) {
                    beat = false;
                    probesUntilHeartbeat = PROBES_WITHOUT;
                    heartbeatProblem = "no heartbeat: " + e.getMessage();
                } else {
                    throw e;
                }
            }
        }
    }

    private String query(boolean status, boolean beat) {
        String query = dialect.variablesQuery();
        if (status) {
            query += "; " + dialect.statusStatement();
        }
        return beat && heartbeat != null ? query + "; " + heartbeat.readStatement() : query;
    }

    private ProbeReading read(Connection connection, boolean status, boolean beat) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(query(status, beat));
            Variables variables;
            try (ResultSet row = statement.getResultSet()) {
                if (!row.next()) {
                    throw new SQLException("the server has no variables");
                }
                variables = variables(row);
            }
            List<ReplicationChannel> channels = status ? channels(statement) : List.of();
            Long millis = beat ? beat(statement) : null;
            // Whether it replicates is not known without the status; a read-only server hardly does anything else.
            boolean replica = status ? channels.stream().anyMatch(ReplicationChannel::isFollowing) : variables.readOnly;
            GtidPosition position = position(replica ? variables.replicatedPosition : variables.ownPosition);
            boolean blind = !replica && !variables.facts.tracksGtids();
            return new ProbeReading(
                    variables.readOnly,
                    channels,
                    position,
                    ceiling(position, replica && !variables.logsReplicated ? null : variables.committingPosition),
                    variables.facts,
                    degradation(status, blind),
                    new ProbeReading.Others(null, replicas.read(connection), millis));
        }
    }

    private @Nullable String degradation(boolean status, boolean blind) {
        if (!status) {
            return dialect.missingPrivilege();
        }
        return blind ? WITHOUT_GTIDS : heartbeatProblem;
    }

    private List<ReplicationChannel> channels(Statement statement) throws SQLException {
        List<ReplicationChannel> channels = new ArrayList<>();
        if (statement.getMoreResults()) {
            try (ResultSet rows = statement.getResultSet()) {
                while (rows.next()) {
                    if (dialect == ReplicationDialect.MARIADB || !isOfGroup(rows)) {
                        channels.add(channel(rows));
                    }
                }
            }
        }
        return channels;
    }

    /** A group's own channels have no source. */
    private static boolean isOfGroup(ResultSet row) throws SQLException {
        return text(row, "Channel_Name").startsWith("group_replication_");
    }

    private static @Nullable Long beat(Statement statement) throws SQLException {
        if (!statement.getMoreResults()) {
            return null;
        }
        try (ResultSet row = statement.getResultSet()) {
            return row.next() ? row.getLong(1) : null;
        }
    }

    private record Variables(
            boolean readOnly,
            String ownPosition,
            String replicatedPosition,
            @Nullable String committingPosition,
            boolean logsReplicated,
            ServerFacts facts) {}

    private Variables variables(ResultSet row) throws SQLException {
        boolean readOnly = isOn(row.getString("read_only")) || isOn(row.getString("innodb_read_only"));
        CollationCatalog.Collation collation = collations.byName(text(row, "collation_server"));
        ServerFacts facts = new ServerFacts(
                text(row, "version"),
                dialect.flavor(),
                row.getLong("server_id"),
                row.getString("server_uuid"),
                collation == null ? 0 : collation.id(),
                text(row, "sql_mode"),
                isOn(row.getString("tracks_gtids")),
                row.getInt("max_prepared_stmt_count"));
        return new Variables(
                readOnly,
                text(row, "own_position"),
                text(row, "replicated_position"),
                row.getString("committing_position"),
                isOn(row.getString("logs_replicated")),
                facts);
    }

    private GtidPosition position(String text) {
        if (!text.equals(executedText)) {
            executed = GtidPosition.parse(dialect.flavor(), text);
            executedText = text;
        }
        return executed;
    }

    /** What is executed, and what may be visible already although it does not count as executed yet. */
    @SuppressWarnings("ReferenceEquality") // positions are kept as long as their text stays the same
    private GtidPosition ceiling(GtidPosition position, @Nullable String committing) {
        if (committing == null) {
            return GtidPosition.UNKNOWN;
        }
        if (position != ceilingOf || !committing.equals(committingText)) {
            // MySQL puts the number of the owning thread behind each of them.
            String text = OWNING_THREAD.matcher(committing).replaceAll("");
            ceiling = position.union(GtidPosition.parse(dialect.flavor(), text));
            ceilingOf = position;
            committingText = committing;
        }
        return ceiling;
    }

    private ReplicationChannel channel(ResultSet row) throws SQLException {
        long behind = row.getLong(dialect.behindColumn());
        boolean behindKnown = !row.wasNull();
        String receiver = text(row, dialect.receiverColumn()).toLowerCase(Locale.ROOT);
        return new ReplicationChannel(
                text(row, dialect.sourceHostColumn()),
                row.getInt(dialect.sourcePortColumn()),
                row.getLong(dialect.sourceIdColumn()),
                dialect.flavor() == ServerFlavor.MYSQL ? emptyToNull(row.getString(dialect.sourceUuidColumn())) : null,
                switch (receiver) {
                    case "yes" -> ReplicationChannel.Receiver.RUNNING;
                    case "no" -> ReplicationChannel.Receiver.STOPPED;
                    default -> ReplicationChannel.Receiver.CONNECTING;
                },
                text(row, dialect.applierColumn()).equalsIgnoreCase("yes"),
                behindKnown ? Duration.ofSeconds(Math.max(0, behind)) : null,
                lastError(row));
    }

    private static @Nullable String lastError(ResultSet row) throws SQLException {
        String applier = emptyToNull(row.getString("Last_SQL_Error"));
        String receiver = emptyToNull(row.getString("Last_IO_Error"));
        return applier != null ? withoutData(applier) : receiver == null ? null : withoutCount(receiver);
    }

    /**
     * The receiver's error without the number of its attempts, which would make it another one each second: something new to
     * log, and to publish.
     */
    static String withoutCount(String error) {
        return RETRIES.matcher(error).replaceFirst("");
    }

    /**
     * The applier's error without the statement that failed and without values of rows, both of which servers quote. They
     * belong in no log and in no error of a client.
     */
    static String withoutData(String error) {
        Matcher statement = STATEMENT.matcher(error);
        String text = statement.find() ? error.substring(0, statement.start()) + "(statement not shown)" : error;
        return QUOTED.matcher(text).replaceAll("'?'");
    }

    private static String text(ResultSet row, String column) throws SQLException {
        return Objects.requireNonNullElse(row.getString(column), "");
    }

    private static @Nullable String emptyToNull(@Nullable String text) {
        return text == null || text.isEmpty() ? null : text;
    }

    /** MySQL says 0 and 1; newer MariaDB has more words than OFF and ON for read_only. */
    private static boolean isOn(@Nullable String value) {
        return value != null && !value.isEmpty() && !value.equals("0") && !value.equalsIgnoreCase("off");
    }
}
