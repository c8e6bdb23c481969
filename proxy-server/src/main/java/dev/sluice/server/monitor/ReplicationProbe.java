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
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The probe for asynchronous and semi-synchronous replication, of MySQL and of MariaDB. Confined to the prober thread of
 * its backend.
 *
 * <p>Variables and replication status are two statements in one packet. An account without the privilege for the second
 * is asked for the first alone and still learns role and position; only the lag stays unknown.
 *
 * <p>MariaDB: the position of a server that replicates is {@code gtid_slave_pos}, of one that does not
 * {@code gtid_current_pos}. The binary log position of a replica is no measure: it counts what was written to the replica
 * itself.
 */
final class ReplicationProbe implements BackendProbe {
    private static final int ER_SPECIFIC_ACCESS_DENIED = 1227;

    private static final String WITHOUT_GTIDS = "writes here have no GTID that a session could be told:"
            + " after a write its reads stay on the primary for routing.sticky-after-write, which is a guess about lag";

    private static final Pattern OWNING_THREAD = Pattern.compile("#\\d+");

    /** After a refusal the status is not asked for; a privilege granted meanwhile is found after as many probes. */
    private static final int PROBES_WITHOUT_STATUS = 100;

    private final ReplicationDialect dialect;
    private int probesUntilStatus;
    private CollationCatalog collations = CollationCatalog.EMPTY;
    private String executedText = "";
    private GtidPosition executed = GtidPosition.EMPTY;
    private String committingText = "";
    private GtidPosition ceiling = GtidPosition.EMPTY;
    private GtidPosition ceilingOf = GtidPosition.UNKNOWN;

    ReplicationProbe(ReplicationDialect dialect) {
        this.dialect = dialect;
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
        try {
            if (probesUntilStatus == 0) {
                return read(connection, true);
            }
            probesUntilStatus--;
        } catch (SQLException e) {
            if (e.getErrorCode() != ER_SPECIFIC_ACCESS_DENIED) {
                throw e;
            }
            probesUntilStatus = PROBES_WITHOUT_STATUS;
        }
        return read(connection, false);
    }

    private ProbeReading read(Connection connection, boolean withStatus) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(withStatus ? dialect.query() : dialect.variablesQuery());
            Variables variables;
            try (ResultSet row = statement.getResultSet()) {
                if (!row.next()) {
                    throw new SQLException("the server has no variables");
                }
                variables = variables(row);
            }
            List<ReplicationChannel> channels = new ArrayList<>();
            if (withStatus && statement.getMoreResults()) {
                try (ResultSet rows = statement.getResultSet()) {
                    while (rows.next()) {
                        channels.add(channel(rows));
                    }
                }
            }
            // Whether it replicates is not known without the status; a read-only server hardly does anything else.
            boolean replica =
                    withStatus ? channels.stream().anyMatch(ReplicationChannel::isFollowing) : variables.readOnly;
            GtidPosition position = position(replica ? variables.replicatedPosition : variables.ownPosition);
            boolean blind = !replica && !variables.facts.tracksGtids();
            return new ProbeReading(
                    variables.readOnly,
                    channels,
                    position,
                    ceiling(position, variables.committingPosition),
                    variables.facts,
                    withStatus ? blind ? WITHOUT_GTIDS : null : dialect.missingPrivilege());
        }
    }

    private record Variables(
            boolean readOnly,
            String ownPosition,
            String replicatedPosition,
            @Nullable String committingPosition,
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
                isOn(row.getString("tracks_gtids")));
        return new Variables(
                readOnly,
                text(row, "own_position"),
                text(row, "replicated_position"),
                row.getString("committing_position"),
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
        return applier != null ? applier : emptyToNull(row.getString("Last_IO_Error"));
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
