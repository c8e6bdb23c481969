package dev.sluice.server.cli;

import dev.sluice.server.config.BackendConfig;
import dev.sluice.server.config.Secret;
import dev.sluice.server.config.SluiceConfig;
import dev.sluice.server.tls.BackendTls;
import dev.sluice.server.tls.JdbcTls;
import dev.sluice.server.tls.TlsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Inspects a backend through Connector/J, one connection and a few statements. Thread-safe: it has no state. */
final class JdbcInspector implements BackendInspector {
    private static final int ER_PARSE_ERROR = 1064;
    private static final int ER_TABLEACCESS_DENIED = 1142;
    private static final int ER_SPECIFIC_ACCESS_DENIED = 1227;
    private static final int ER_NO_SUCH_TABLE = 1146;
    private static final Set<Integer> DENIED = Set.of(ER_TABLEACCESS_DENIED, ER_SPECIFIC_ACCESS_DENIED);
    private static final Pattern MARIADB_10_5 = Pattern.compile("(10\\.([5-9]|\\d\\d)|1[1-9]|[2-9]\\d)\\..*");
    // Visible to every account, and a name that a flavour does not have is simply absent from the result.
    private static final String VARIABLES = "SHOW GLOBAL VARIABLES WHERE Variable_name IN"
            + " ('version', 'server_id', 'read_only', 'super_read_only', 'gtid_mode', 'group_replication_group_name', 'proxy_protocol_networks')";
    private static final String SEEN_AS = "SELECT host FROM information_schema.processlist WHERE id = CONNECTION_ID()";
    private static final String MEMBER = "SELECT member_state, member_role FROM"
            + " performance_schema.replication_group_members WHERE member_id = @@GLOBAL.server_uuid";
    private static final String GALERA = "SHOW GLOBAL STATUS WHERE Variable_name IN"
            + " ('wsrep_cluster_state_uuid', 'wsrep_cluster_status', 'wsrep_local_state_comment')";

    @Override
    public BackendReport inspect(BackendConfig backend, SluiceConfig config) throws TlsException {
        try {
            Path directory = Files.createTempDirectory("sluice-check-");
            try {
                Properties properties = properties(config);
                JdbcTls.of(BackendTls.load(config.tls()), directory).addTo(properties);
                return inspect(backend, config, properties);
            } finally {
                remove(directory);
            }
        } catch (IOException e) {
            return BackendReport.unreachable(
                    backend.address(), "the JDBC driver's files cannot be written: " + e.getMessage());
        }
    }

    /** Deepest first. */
    private static void remove(Path directory) throws IOException {
        List<Path> all;
        try (Stream<Path> files = Files.walk(directory)) {
            all = files.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : all) {
            Files.delete(file);
        }
    }

    private static Properties properties(SluiceConfig config) {
        Properties properties = new Properties();
        properties.setProperty("user", config.monitor().user());
        properties.setProperty("password", config.monitor().password().reveal());
        properties.setProperty(
                "connectTimeout", String.valueOf(config.pool().connectTimeout().toMillis()));
        properties.setProperty(
                "socketTimeout", String.valueOf(config.monitor().timeout().toMillis()));
        properties.setProperty("logger", "com.mysql.cj.log.Slf4JLogger");
        return properties;
    }

    private static BackendReport inspect(BackendConfig backend, SluiceConfig config, Properties properties) {
        String url = "jdbc:mysql://" + backend.address() + "/";
        try (Connection connection = DriverManager.getConnection(url, properties);
                Statement statement = connection.createStatement()) {
            Map<String, String> variables = pairs(statement, VARIABLES);
            String version = variables.getOrDefault("version", "unknown");
            boolean mariaDb = version.toLowerCase(Locale.ROOT).contains("mariadb");
            String group = variables.getOrDefault("group_replication_group_name", "");
            NeededGrants needed = new NeededGrants(
                    config,
                    new NeededGrants.Flavor(
                            mariaDb, mariaDb && MARIADB_10_5.matcher(version).matches(), !group.isEmpty()));
            AccountGrants grants = AccountGrants.read(statement);
            List<MissingGrant> missing = new ArrayList<>(needed.missingForMonitor(grants));
            BackendReport.Facts facts = new BackendReport.Facts(
                    version,
                    Long.parseLong(variables.getOrDefault("server_id", "0")),
                    isOn(variables, "read_only") || isOn(variables, "super_read_only"),
                    variables.getOrDefault("gtid_mode", mariaDb ? "MariaDB" : "unknown"),
                    replication(statement),
                    group.isEmpty() ? galera(statement) : member(statement, group));
            Optional<String> failure =
                    headers(statement, mariaDb, variables).problem(config.pool().proxyProtocol());
            if (NeededGrants.concernSwitchover(config)) {
                Optional<String> other = switchover(url, config, properties, needed, new Switchover(grants, missing));
                failure = failure.isPresent() && other.isPresent()
                        ? Optional.of(failure.orElseThrow() + "; " + other.orElseThrow())
                        : failure.or(() -> other);
            }
            return new BackendReport(backend.address(), failure, Optional.of(facts), missing);
        } catch (SQLException e) {
            return BackendReport.unreachable(backend.address(), describe(e));
        }
    }

    private static HeaderTaking headers(Statement statement, boolean mariaDb, Map<String, String> variables)
            throws SQLException {
        try (ResultSet row = statement.executeQuery(SEEN_AS)) {
            String host = row.next() ? row.getString(1) : "";
            int port = host.lastIndexOf(':');
            return new HeaderTaking(
                    mariaDb, variables.get("proxy_protocol_networks"), port < 0 ? host : host.substring(0, port));
        }
    }

    /** The monitor's grants, which a switchover without an account of its own uses, and the list that grows. */
    private record Switchover(AccountGrants monitor, List<MissingGrant> missing) {}

    /** Why the account of a planned switchover cannot log in, if it has one of its own and that is so. */
    private static Optional<String> switchover(
            String url, SluiceConfig config, Properties properties, NeededGrants needed, Switchover found) {
        Optional<String> user = config.switchover().user();
        if (user.isEmpty()) {
            found.missing().addAll(needed.missingForSwitchover(found.monitor()));
            return Optional.empty();
        }
        Properties own = new Properties();
        own.putAll(properties);
        own.setProperty("user", user.orElseThrow());
        own.setProperty(
                "password", config.switchover().password().map(Secret::reveal).orElse(""));
        try (Connection connection = DriverManager.getConnection(url, own);
                Statement statement = connection.createStatement()) {
            found.missing().addAll(needed.missingForSwitchover(AccountGrants.read(statement)));
            return Optional.empty();
        } catch (SQLException e) {
            return Optional.of("the account of admin.switchover-user: " + describe(e));
        }
    }

    private static Optional<BackendReport.Group> member(Statement statement, String group) throws SQLException {
        try (ResultSet row = statement.executeQuery(MEMBER)) {
            if (!row.next() || "OFFLINE".equals(row.getString(1))) {
                return Optional.empty();
            }
            String role = "group " + String.valueOf(row.getString(2)).toLowerCase(Locale.ROOT);
            return Optional.of(new BackendReport.Group(group, role.strip(), "ONLINE".equals(row.getString(1))));
        } catch (SQLException e) {
            if (DENIED.contains(e.getErrorCode()) || e.getErrorCode() == ER_NO_SUCH_TABLE) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static Optional<BackendReport.Group> galera(Statement statement) throws SQLException {
        Map<String, String> status = pairs(statement, GALERA);
        String cluster = status.getOrDefault("wsrep_cluster_state_uuid", "");
        if (cluster.matches("[0-]*")) {
            return Optional.empty();
        }
        boolean inStep = status.getOrDefault("wsrep_cluster_status", "").equals("Primary")
                && status.getOrDefault("wsrep_local_state_comment", "").equals("Synced");
        return Optional.of(new BackendReport.Group(cluster, "galera node", inStep));
    }

    private static Map<String, String> pairs(Statement statement, String sql) throws SQLException {
        Map<String, String> variables = new HashMap<>();
        try (ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                variables.put(rows.getString(1).toLowerCase(Locale.ROOT), rows.getString(2));
            }
        }
        return variables;
    }

    /** MariaDB 12 has more than two values of read_only; whatever is not off refuses writes. */
    private static boolean isOn(Map<String, String> variables, String name) {
        String value = variables.getOrDefault(name, "OFF");
        return !value.equalsIgnoreCase("OFF") && !value.equals("0");
    }

    private static Optional<BackendReport.Replication> replication(Statement statement) throws SQLException {
        try {
            return replication(statement, "SHOW REPLICA STATUS");
        } catch (SQLException e) {
            if (DENIED.contains(e.getErrorCode())) {
                return Optional.empty();
            }
            if (e.getErrorCode() != ER_PARSE_ERROR) {
                throw e;
            }
        }
        // Before MySQL 8.0.22 and MariaDB 10.5.1 the statement has its old name.
        try {
            return replication(statement, "SHOW SLAVE STATUS");
        } catch (SQLException e) {
            if (DENIED.contains(e.getErrorCode())) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static Optional<BackendReport.Replication> replication(Statement statement, String sql)
            throws SQLException {
        try (ResultSet rows = statement.executeQuery(sql)) {
            if (!rows.next()) {
                return Optional.empty();
            }
            Map<String, @Nullable String> row = new HashMap<>();
            for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                // MariaDB keeps the old column names under the new statement name.
                String name = rows.getMetaData()
                        .getColumnLabel(i)
                        .replace("Slave_", "Replica_")
                        .replace("Master", "Source");
                row.put(name, rows.getString(i));
            }
            @Nullable String lag = row.get("Seconds_Behind_Source");
            return Optional.of(new BackendReport.Replication(
                    row.get("Source_Host") + ":" + row.get("Source_Port"),
                    "Yes".equals(row.get("Replica_IO_Running")) && "Yes".equals(row.get("Replica_SQL_Running")),
                    lag == null ? Optional.empty() : Optional.of(Duration.ofSeconds(Long.parseLong(lag)))));
        }
    }

    /** The driver wraps a refused connection into a paragraph; its last cause is the fact. */
    static String describe(SQLException e) {
        if (e.getErrorCode() != 0) {
            return e.getMessage() + " (error " + e.getErrorCode() + ")";
        }
        Throwable last = e;
        while (last.getCause() != null) {
            last = last.getCause();
        }
        String text = last.getMessage() == null ? last.getClass().getSimpleName() : last.getMessage();
        return "does not answer: " + text.lines().findFirst().orElse(text);
    }
}
