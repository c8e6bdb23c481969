package dev.sluice.server.switchover;

import dev.sluice.router.topology.BackendAddress;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One server of a switchover and the session with it, which is opened when first needed and again after it has failed.
 * Thread-safe: used by the thread that carries out the switchover.
 */
final class SwitchoverServer implements AutoCloseable {
    /** A statement must not wait on the server for longer than the connection waits for it. */
    private static final Duration SLICE_MAX = Duration.ofSeconds(5);

    /** The two positions are not read at one moment: while events come in they may differ for nothing. */
    private static final int OWN_WRITES_READINGS = 10;

    private final int ordinal;
    private final BackendAddress address;
    private final SwitchoverDialect dialect;
    private final SqlSession.Connector connector;
    private @Nullable SqlSession session;

    SwitchoverServer(int ordinal, BackendAddress address, SwitchoverDialect dialect, SqlSession.Connector connector) {
        this.ordinal = ordinal;
        this.address = address;
        this.dialect = dialect;
        this.connector = connector;
    }

    /** What a server says about itself. Immutable. */
    record State(boolean readOnly, boolean gtids, boolean keepsLog, String position) {}

    /**
     * One source of a server. Immutable.
     *
     * @param name empty for the unnamed one
     * @param running whether it receives and applies
     * @param autoPosition whether it finds its place in the stream by GTIDs
     * @param row all that the server says
     */
    record Channel(
            String name,
            String host,
            int port,
            boolean running,
            boolean autoPosition,
            Map<String, @Nullable String> row) {}

    int ordinal() {
        return ordinal;
    }

    BackendAddress address() {
        return address;
    }

    State state() throws SQLException {
        Map<String, @Nullable String> row = one(dialect.stateQuery());
        return new State(isOn(row.get("read_only")), isOn(row.get("gtids")), isOn(row.get("keeps_log")), position(row));
    }

    List<Channel> channels() throws SQLException {
        String source = dialect == SwitchoverDialect.MYSQL ? "source" : "master";
        String replica = dialect == SwitchoverDialect.MYSQL ? "replica" : "slave";
        List<Channel> channels = new ArrayList<>();
        for (Map<String, @Nullable String> row : query(dialect.channelQuery())) {
            boolean gtids = dialect == SwitchoverDialect.MYSQL
                    ? isOn(row.get("auto_position"))
                    : !"no".equalsIgnoreCase(row.get("using_gtid"));
            channels.add(new Channel(
                    text(row, dialect == SwitchoverDialect.MYSQL ? "channel_name" : "connection_name"),
                    text(row, source + "_host"),
                    Integer.parseInt(text(row, source + "_port")),
                    "yes".equalsIgnoreCase(row.get(replica + "_io_running"))
                            && "yes".equalsIgnoreCase(row.get(replica + "_sql_running")),
                    gtids,
                    row));
        }
        return channels;
    }

    /** All that the account may do, as the server puts it. */
    List<String> grants() throws SQLException {
        List<String> grants = new ArrayList<>();
        for (Map<String, @Nullable String> row : query("SHOW GRANTS")) {
            row.values().forEach(grant -> grants.add(Objects.requireNonNullElse(grant, "")));
        }
        return grants;
    }

    /** Stops all writes; waits for locks of others no longer than so. */
    void fence(Duration patience) throws SQLException {
        execute("SET SESSION lock_wait_timeout = "
                + Math.max(1, min(patience, SLICE_MAX).toSeconds()));
        for (String sql : dialect.fence()) {
            execute(sql);
        }
    }

    void admitWrites() throws SQLException {
        for (String sql : dialect.open()) {
            execute(sql);
        }
    }

    /** All that it has executed. */
    String position() throws SQLException {
        return position(one(dialect.positionQuery()));
    }

    /** What is in that position and was not executed here; empty if nothing, or if this vendor cannot tell. */
    String surplus(String position) throws SQLException {
        return text(one(dialect.surplusQuery(position)), "surplus").replaceAll("\\s", "");
    }

    /** What was written to a MariaDB replica itself; empty if nothing. */
    String ownWrites() throws SQLException {
        String current = "";
        for (int attempt = 0; attempt < OWN_WRITES_READINGS; attempt++) {
            Map<String, @Nullable String> row =
                    one("SELECT @@global.gtid_current_pos AS current_pos, @@global.gtid_slave_pos AS slave_pos");
            current = text(row, "current_pos");
            if (current.equals(text(row, "slave_pos"))) {
                return "";
            }
        }
        return current;
    }

    /** Whether it has executed everything up to a position within the time. */
    boolean awaitPosition(String position, Duration timeout) throws SQLException {
        if (position.isEmpty()) {
            return true;
        }
        double seconds = Math.max(0.001, min(timeout, SLICE_MAX).toNanos() / 1e9);
        return "0".equals(one(dialect.awaitQuery(position, seconds)).get("late"));
    }

    void startReplication() throws SQLException {
        execute(dialect.startReplication());
    }

    /** Stops replication; it is no error if there was none. */
    void stopReplication() throws SQLException {
        execute(dialect.stopReplication());
    }

    void forgetSource() throws SQLException {
        stopReplication();
        execute(dialect.forgetSource());
    }

    /** Makes a replica follow another source. */
    void follow(String host, int port) throws SQLException {
        stopReplication();
        execute(dialect.changeSource(host, port));
        startReplication();
    }

    /** Makes a server a replica that was none. The lock of {@link #fence} is given up first: nothing could be applied. */
    void becomeReplica(SwitchoverDialect.ReplicationSource source, String host, int port, String executed)
            throws SQLException {
        close();
        stopReplication();
        for (String sql : dialect.becomeReplica(source, host, port, executed)) {
            execute(sql);
        }
        startReplication();
    }

    /** What a MySQL replica has stored about its source. */
    List<Map<String, @Nullable String>> storedSource() throws SQLException {
        return query("SELECT User_name, User_password, Connect_retry, Enabled_ssl, Get_public_key"
                + " FROM mysql.slave_master_info WHERE Channel_name = ''");
    }

    private void execute(String sql) throws SQLException {
        try {
            session().execute(sql);
        } catch (SQLException e) {
            throw failed(sql, e);
        }
    }

    private List<Map<String, @Nullable String>> query(String sql) throws SQLException {
        try {
            return session().query(sql);
        } catch (SQLException e) {
            throw failed(sql, e);
        }
    }

    private SqlSession session() throws SQLException {
        SqlSession open = session;
        if (open == null) {
            open = connector.open(address.host(), address.port());
            session = open;
        }
        return open;
    }

    private SQLException failed(String sql, SQLException e) {
        // Whatever state the session is in, the next statement begins with a fresh one.
        close();
        return new SQLException(
                address + ": " + SwitchoverDialect.masked(sql) + ": " + e.getMessage(),
                e.getSQLState(),
                e.getErrorCode(),
                e);
    }

    private Map<String, @Nullable String> one(String sql) throws SQLException {
        List<Map<String, @Nullable String>> rows = query(sql);
        if (rows.isEmpty()) {
            throw new SQLException(address + ": no answer to " + sql);
        }
        return rows.get(0);
    }

    @Override
    public void close() {
        SqlSession open = session;
        session = null;
        if (open != null) {
            open.close();
        }
    }

    private static String position(Map<String, @Nullable String> row) {
        return text(row, "position").replaceAll("\\s", "");
    }

    static String text(Map<String, @Nullable String> row, String column) {
        return Objects.requireNonNullElse(row.get(column), "");
    }

    static boolean isOn(@Nullable String value) {
        String lower = value == null ? "" : value.toLowerCase(Locale.ROOT);
        return !lower.isEmpty() && !lower.equals("0") && !lower.equals("off") && !lower.equals("no");
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    @Override
    public String toString() {
        return address.toString();
    }
}
