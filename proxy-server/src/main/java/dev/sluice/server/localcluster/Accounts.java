package dev.sluice.server.localcluster;

import dev.sluice.server.localcluster.ServerVersion.Vendor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The databases and accounts that every server of a local cluster has from birth.
 *
 * <p>They are made while the data directory is initialised, before there is a binary log, so that they use up no GTID
 * and every copy starts with the same empty history.
 *
 * <p>Immutable.
 */
public final class Accounts {
    /** The harness's own account: everything, empty password, from this machine only. */
    public static final String ROOT_USER = "root";

    public static final String MONITOR_USER = "sluice_monitor";
    public static final String MONITOR_PASSWORD = "monitor-secret";

    /** An application's account: everything in its two databases and nothing beyond, caching_sha2_password. */
    public static final String APP_USER = "app";

    public static final String APP_PASSWORD = "app-secret";

    /** As the application's account, but with mysql_native_password. */
    public static final String NATIVE_USER = "native";

    public static final String NATIVE_PASSWORD = "native-secret";

    public static final String REPLICATION_USER = "repl";
    public static final String REPLICATION_PASSWORD = "repl-secret";

    /** The database in a {@link LocalServer#jdbcUrl()}. */
    public static final String DATABASE = "app";

    public static final String SECOND_DATABASE = "app2";

    private Accounts() {}

    /** The statements that make databases and accounts, without a semicolon at the end. */
    static List<String> statements(ServerVersion version) {
        boolean mysql = version.vendor() == Vendor.MYSQL;
        List<String> sql = new ArrayList<>();
        if (mysql) {
            sql.add("CREATE USER 'root'@'127.0.0.1' IDENTIFIED BY ''");
            sql.add("GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION");
        } else {
            // The bootstrap server runs without grant tables in memory until they are loaded.
            sql.add("FLUSH PRIVILEGES");
        }
        sql.add("CREATE DATABASE " + DATABASE);
        sql.add("CREATE DATABASE " + SECOND_DATABASE);
        sql.add(createUser(MONITOR_USER, MONITOR_PASSWORD, mysql ? "caching_sha2_password" : null));
        sql.add("GRANT %s, PROCESS, TRIGGER ON *.* TO %s".formatted(replicationClient(version), account(MONITOR_USER)));
        sql.add("GRANT SELECT ON mysql.user TO " + account(MONITOR_USER));
        sql.add("GRANT %s ON *.* TO %s"
                .formatted(mysql ? "CONNECTION_ADMIN" : "CONNECTION ADMIN", account(MONITOR_USER)));
        if (!mysql) {
            // On MariaDB mysql.user is a view over this table, where the password hashes are.
            sql.add("GRANT SELECT ON mysql.global_priv TO " + account(MONITOR_USER));
        }
        sql.add("GRANT SELECT ON performance_schema.* TO " + account(MONITOR_USER));
        addApplication(sql, APP_USER, createUser(APP_USER, APP_PASSWORD, mysql ? "caching_sha2_password" : null));
        if (!mysql || !version.isAtLeast(9, 0, 0)) {
            String plugin = mysql ? "mysql_native_password" : null;
            addApplication(sql, NATIVE_USER, createUser(NATIVE_USER, NATIVE_PASSWORD, plugin));
        }
        sql.add(createUser(REPLICATION_USER, REPLICATION_PASSWORD, mysql ? "caching_sha2_password" : null));
        sql.add("GRANT REPLICATION SLAVE ON *.* TO " + account(REPLICATION_USER));
        return sql;
    }

    private static String replicationClient(ServerVersion version) {
        // MariaDB 10.5 split the privilege in three; the monitor reads the primary's and the replica's side.
        return version.vendor() == Vendor.MARIADB ? "BINLOG MONITOR, SLAVE MONITOR" : "REPLICATION CLIENT";
    }

    private static void addApplication(List<String> sql, String user, String createUser) {
        sql.add(createUser);
        sql.add("GRANT ALL ON %s.* TO %s".formatted(DATABASE, account(user)));
        sql.add("GRANT ALL ON %s.* TO %s".formatted(SECOND_DATABASE, account(user)));
    }

    private static String createUser(String user, String password, @Nullable String plugin) {
        String with = plugin == null ? "" : "WITH " + plugin + " ";
        return "CREATE USER %s IDENTIFIED %sBY '%s'".formatted(account(user), with, password);
    }

    private static String account(String user) {
        return "'" + user + "'@'%'";
    }
}
