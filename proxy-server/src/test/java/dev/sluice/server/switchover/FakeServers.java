package dev.sluice.server.switchover;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.OperatorState;
import dev.sluice.router.topology.Role;
import dev.sluice.router.topology.ServerFacts;
import dev.sluice.router.topology.ServerFlavor;
import dev.sluice.router.topology.Topology;
import dev.sluice.router.topology.TopologyPolicy;
import dev.sluice.server.monitor.TopologyControl;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Three MySQL servers that understand the statements of a switchover and nothing else, one of which can be made to fail; and
 * a monitor that sees them as they are. Server n is backend n. Thread-safe: used by one thread.
 */
final class FakeServers implements SqlSession.Connector, TopologyControl {
    static final int PORT = 3300;
    private static final Pattern SOURCE = Pattern.compile("SOURCE_PORT = (\\d+)");

    /** When a statement that shall fail does so. */
    enum Failure {
        BEFORE_ITS_EFFECT,
        AFTER_ITS_EFFECT
    }

    /** What there is to one server. */
    static final class Fake {
        boolean readOnly;
        boolean superReadOnly;
        int source;
        boolean replicating;
        String position = "uuid-0:1-9";

        @Override
        public String toString() {
            return "readOnly=" + readOnly + " superReadOnly=" + superReadOnly + " source=" + source + " replicating="
                    + replicating;
        }
    }

    final List<Fake> servers = List.of(new Fake(), new Fake(), new Fake());
    final List<String> statements = new ArrayList<>();
    long electable = ANYBODY;
    boolean monitorIsBlind;
    /** The server that an operator has drained; -1 for none. */
    int drained = -1;

    /** Which statement fails, counted from 0; -1 for none. */
    int failing = -1;

    Failure failure = Failure.BEFORE_ITS_EFFECT;
    /** The server whose statements all fail from that one on; -1 for none. */
    int brokenForGood = -1;

    FakeServers() {
        for (int i = 1; i < servers.size(); i++) {
            servers.get(i).readOnly = true;
            servers.get(i).superReadOnly = true;
            servers.get(i).source = 0;
            servers.get(i).replicating = true;
        }
        servers.get(0).source = -1;
    }

    String roles() {
        return servers.toString();
    }

    @Override
    public SqlSession open(String host, int port) {
        int index = port - PORT;
        Fake server = servers.get(index);
        return new SqlSession() {
            @Override
            public void execute(String sql) throws SQLException {
                before(index, sql);
                if (failing == statements.size() - 1 && failure == Failure.BEFORE_ITS_EFFECT) {
                    throw new SQLException("planted");
                }
                apply(server, sql);
                if (failing == statements.size() - 1) {
                    throw new SQLException("planted");
                }
            }

            @Override
            public List<Map<String, @Nullable String>> query(String sql) throws SQLException {
                before(index, sql);
                if (failing == statements.size() - 1) {
                    throw new SQLException("planted");
                }
                return answer(server, sql);
            }

            @Override
            public void close() {}
        };
    }

    private void before(int index, String sql) throws SQLException {
        statements.add(index + ": " + sql);
        if (index == brokenForGood && failing >= 0 && statements.size() > failing) {
            throw new SQLException("gone");
        }
    }

    private static void apply(Fake server, String sql) throws SQLException {
        if (sql.equals("SET GLOBAL super_read_only = ON")) {
            server.readOnly = true;
            server.superReadOnly = true;
        } else if (sql.equals("SET GLOBAL super_read_only = OFF")) {
            server.superReadOnly = false;
        } else if (sql.equals("SET GLOBAL read_only = OFF")) {
            server.readOnly = false;
        } else if (sql.equals("STOP REPLICA")) {
            server.replicating = false;
        } else if (sql.equals("START REPLICA")) {
            server.replicating = server.source >= 0;
        } else if (sql.equals("RESET REPLICA ALL")) {
            server.source = -1;
        } else if (sql.startsWith("CHANGE REPLICATION SOURCE TO ")) {
            Matcher port = SOURCE.matcher(sql);
            if (server.replicating || !port.find()) {
                throw new SQLException("cannot change the source: " + sql);
            }
            server.source = Integer.parseInt(port.group(1)) - PORT;
        } else if (!sql.startsWith("SET SESSION ")) {
            throw new SQLException("what is " + sql);
        }
    }

    private static List<Map<String, @Nullable String>> answer(Fake server, String sql) throws SQLException {
        Map<String, @Nullable String> row = new HashMap<>();
        if (sql.equals("SHOW GRANTS")) {
            row.put("grants", "GRANT ALL PRIVILEGES ON *.* TO `root`@`%`");
        } else if (sql.equals("SHOW REPLICA STATUS")) {
            if (server.source < 0) {
                return List.of();
            }
            row.put("channel_name", "");
            row.put("source_host", "db");
            row.put("source_port", Integer.toString(PORT + server.source));
            row.put("source_uuid", "uuid-" + server.source);
            row.put("replica_io_running", server.replicating ? "Yes" : "No");
            row.put("replica_sql_running", server.replicating ? "Yes" : "No");
            row.put("auto_position", "1");
        } else if (sql.contains("AS gtids")) {
            row.put("read_only", server.readOnly ? "1" : "0");
            row.put("gtids", "1");
            row.put("keeps_log", "1");
            row.put("position", server.position);
        } else if (sql.contains("AS position")) {
            row.put("position", server.position);
        } else if (sql.contains("AS surplus")) {
            row.put("surplus", "");
        } else if (sql.contains("AS late")) {
            row.put("late", "0");
        } else if (sql.contains("slave_master_info")) {
            row.put("user_name", "repl");
            row.put("user_password", "it's secret");
        } else {
            throw new SQLException("what is " + sql);
        }
        return List.of(row);
    }

    // ---- the monitor ----

    @Override
    public Topology current() {
        int primary = -1;
        List<BackendStatus> backends = new ArrayList<>();
        for (int i = 0; i < servers.size(); i++) {
            Fake server = servers.get(i);
            boolean leads = i != drained && !server.readOnly && !server.replicating && (electable & 1L << i) != 0;
            if (leads && !(monitorIsBlind && i != 0)) {
                primary = i;
            }
            backends.add(new BackendStatus(
                    i,
                    new BackendAddress("db", PORT + i),
                    leads ? Role.PRIMARY : Role.REPLICA,
                    Health.ONLINE,
                    i == drained ? OperatorState.DRAINED : OperatorState.ACTIVE,
                    1,
                    null,
                    Duration.ZERO,
                    GtidPosition.UNKNOWN,
                    new ServerFacts("8.0.31", ServerFlavor.MYSQL, i, "uuid-" + i, 45, "", true, 16_382),
                    null));
        }
        return Topology.of(1, backends, primary, TopologyPolicy.DEFAULT);
    }

    @Override
    public void probeNow(int ordinal) {
        // It looks at the servers whenever it is asked.
    }

    @Override
    public void electOnly(long ordinals) {
        electable = ordinals;
    }
}
