package dev.sluice.server.cli;

import dev.sluice.server.config.BackendConfig;
import dev.sluice.server.config.SluiceConfig;
import dev.sluice.server.config.TlsMode;
import dev.sluice.server.tls.JdbcTrustStore;
import dev.sluice.server.tls.TlsException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Inspects a backend through Connector/J, one connection and a few statements. Thread-safe: it has no state. */
final class JdbcInspector implements BackendInspector {
    private static final int ER_PARSE_ERROR = 1064;
    private static final int ER_TABLEACCESS_DENIED = 1142;
    private static final int ER_COLUMNACCESS_DENIED = 1143;
    private static final int ER_DBACCESS_DENIED = 1044;
    private static final int ER_SPECIFIC_ACCESS_DENIED = 1227;
    private static final Set<Integer> DENIED =
            Set.of(ER_TABLEACCESS_DENIED, ER_COLUMNACCESS_DENIED, ER_DBACCESS_DENIED, ER_SPECIFIC_ACCESS_DENIED);
    // Visible to every account, and a name that a flavour does not have is simply absent from the result.
    private static final String VARIABLES = "SHOW GLOBAL VARIABLES WHERE Variable_name IN"
            + " ('version', 'server_id', 'read_only', 'super_read_only', 'gtid_mode')";

    @Override
    public BackendReport inspect(BackendConfig backend, SluiceConfig config) throws TlsException {
        Properties properties = properties(config);
        Optional<Path> ca = config.tls().backend().ca();
        if (ca.isEmpty()) {
            return inspect(backend, properties);
        }
        try (JdbcTrustStore authorities = JdbcTrustStore.of(ca.orElseThrow())) {
            authorities.addTo(properties);
            properties.setProperty("sslMode", "VERIFY_CA");
            return inspect(backend, properties);
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
        TlsMode mode = config.tls().backend().mode();
        properties.setProperty("sslMode", mode == TlsMode.OFF ? "DISABLED" : mode.name());
        // Without an authority the connection can be interfered with anyway, so the key may come from the server.
        boolean unverified = config.tls().backend().ca().isEmpty();
        properties.setProperty("allowPublicKeyRetrieval", String.valueOf(unverified));
        return properties;
    }

    private static BackendReport inspect(BackendConfig backend, Properties properties) {
        String url = "jdbc:mysql://" + backend.address() + "/";
        try (Connection connection = DriverManager.getConnection(url, properties);
                Statement statement = connection.createStatement()) {
            EnumSet<MonitorGrant> missing = EnumSet.noneOf(MonitorGrant.class);
            Map<String, String> variables = variables(statement);
            Optional<BackendReport.Replication> replication = replication(statement, missing);
            probeUserTable(statement, missing);
            String version = variables.getOrDefault("version", "unknown");
            boolean mariaDb = version.toLowerCase(Locale.ROOT).contains("mariadb");
            BackendReport.Facts facts = new BackendReport.Facts(
                    version,
                    Long.parseLong(variables.getOrDefault("server_id", "0")),
                    isOn(variables, "read_only") || isOn(variables, "super_read_only"),
                    variables.getOrDefault("gtid_mode", mariaDb ? "MariaDB" : "unknown"),
                    replication);
            return new BackendReport(backend.address(), Optional.empty(), Optional.of(facts), missing);
        } catch (SQLException e) {
            return BackendReport.unreachable(backend.address(), describe(e));
        }
    }

    private static Map<String, String> variables(Statement statement) throws SQLException {
        Map<String, String> variables = new HashMap<>();
        try (ResultSet rows = statement.executeQuery(VARIABLES)) {
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

    private static Optional<BackendReport.Replication> replication(Statement statement, Set<MonitorGrant> missing)
            throws SQLException {
        try {
            return replication(statement, "SHOW REPLICA STATUS");
        } catch (SQLException e) {
            if (e.getErrorCode() == ER_PARSE_ERROR) {
                // Before MySQL 8.0.22 and MariaDB 10.5.1 the statement has its old name.
                return oldReplication(statement, missing);
            }
            noteDenied(e, MonitorGrant.REPLICATION_CLIENT, missing);
            return Optional.empty();
        }
    }

    private static Optional<BackendReport.Replication> oldReplication(Statement statement, Set<MonitorGrant> missing)
            throws SQLException {
        try {
            return replication(statement, "SHOW SLAVE STATUS");
        } catch (SQLException e) {
            noteDenied(e, MonitorGrant.REPLICATION_CLIENT, missing);
            return Optional.empty();
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

    private static void probeUserTable(Statement statement, Set<MonitorGrant> missing) throws SQLException {
        try (ResultSet rows =
                statement.executeQuery("SELECT user, host, authentication_string FROM mysql.user LIMIT 1")) {
            // Whether the rows may be read is all that is asked.
            rows.next();
        } catch (SQLException e) {
            noteDenied(e, MonitorGrant.SELECT_ON_MYSQL_USER, missing);
        }
    }

    private static void noteDenied(SQLException e, MonitorGrant grant, Set<MonitorGrant> missing) throws SQLException {
        if (!DENIED.contains(e.getErrorCode())) {
            throw e;
        }
        missing.add(grant);
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
