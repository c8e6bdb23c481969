package dev.sluice.server.monitor;

import dev.sluice.router.topology.ServerFlavor;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Reads the account tables of MySQL and MariaDB. Immutable.
 *
 * <p>MariaDB keeps accounts as JSON in mysql.global_priv; mysql.user is a view of it without the lock. With access to the
 * view alone a locked account looks unlocked, and the server itself refuses it at login. Roles are rows without a host and
 * are left out.
 */
final class AccountReader {
    /** The columns of global privileges that every supported version has. */
    private static final String PRIVILEGES = Stream.of(
                    ("Select,Insert,Update,Delete,Create,Drop,Reload,Shutdown,Process,File,Grant,References,Index,Alter,"
                                    + "Show_db,Super,Create_tmp_table,Lock_tables,Execute,Repl_slave,Repl_client,"
                                    + "Create_view,Show_view,Create_routine,Alter_routine,Create_user,Event,Trigger,"
                                    + "Create_tablespace")
                            .split(",", -1))
            .map(name -> name + "_priv")
            .collect(Collectors.joining(", ", "CONCAT(", ") AS privileges"));

    private static final String COLUMNS = "User, Host, plugin, authentication_string, password_expired, ssl_type";
    private static final String MYSQL = "SELECT " + COLUMNS + ", account_locked, " + PRIVILEGES + " FROM mysql.user";
    private static final String MARIADB_VIEW =
            "SELECT " + COLUMNS + ", 'N' AS account_locked, " + PRIVILEGES + " FROM mysql.user WHERE is_role = 'N'";
    private static final String MARIADB =
            "SELECT u.User, u.Host, u.plugin, u.authentication_string, u.password_expired, u.ssl_type,"
                    + " COALESCE(JSON_VALUE(g.Priv, '$.account_locked'), '0') AS account_locked, " + PRIVILEGES
                    + " FROM mysql.user u"
                    + " JOIN mysql.global_priv g ON g.User = u.User AND g.Host = u.Host WHERE u.is_role = 'N'";
    private static final List<Integer> ACCESS_DENIED = List.of(1044, 1045, 1142, 1143, 1227, 1356);

    private AccountReader() {}

    /** A query whose answer changes when an account does, at a fraction of the cost and without a hash in it. */
    static String checksum(String query) {
        String row =
                "CRC32(CONCAT_WS('|', User, Host, plugin, authentication_string, password_expired, ssl_type, account_locked,"
                        + " privileges))";
        return "SELECT CONCAT_WS(':', COUNT(*), BIT_XOR(" + row + "), SUM(" + row + "), USER()) FROM (" + query + ") a";
    }

    /** The best query that this connection's account may run. */
    static String query(Connection connection, ServerFlavor flavor) throws SQLException {
        if (flavor == ServerFlavor.MYSQL) {
            return MYSQL;
        }
        try (Statement statement = connection.createStatement()) {
            statement.execute(checksum(MARIADB));
            return MARIADB;
        } catch (SQLException e) {
            if (!isAccessDenied(e)) {
                throw e;
            }
            return MARIADB_VIEW;
        }
    }

    static boolean isAccessDenied(SQLException e) {
        return ACCESS_DENIED.contains(e.getErrorCode());
    }

    static AccountTable read(Connection connection, String query) throws SQLException {
        List<Account> accounts = new ArrayList<>();
        try (Statement statement = connection.createStatement()) {
            try (ResultSet rows = statement.executeQuery(query)) {
                while (rows.next()) {
                    accounts.add(account(rows));
                }
            }
            try (ResultSet row = statement.executeQuery("SELECT USER(), @@GLOBAL.skip_name_resolve")) {
                row.next();
                return new AccountTable(
                        accounts, new AccountTable.Server(ownHosts(text(row, 1)), !isYes(text(row, 2))));
            }
        }
    }

    private static Account account(ResultSet row) throws SQLException {
        byte[] authentication = row.getBytes(4);
        return new Account(
                new Account.AccountName(text(row, 1), text(row, 2)),
                text(row, 3),
                authentication == null ? new byte[0] : authentication,
                new Account.Standing(isYes(text(row, 7)), isYes(text(row, 5)), demand(text(row, 6)), text(row, 8)));
    }

    private static Account.Demand demand(String sslType) {
        return switch (sslType) {
            case "" -> Account.Demand.NOTHING;
            case "ANY" -> Account.Demand.TLS;
            case "X509" -> Account.Demand.CERTIFICATE;
            default -> Account.Demand.SPECIFIED;
        };
    }

    private static String text(ResultSet row, int column) throws SQLException {
        return Objects.requireNonNullElse(row.getString(column), "");
    }

    private static boolean isYes(String value) {
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "y", "1", "true" -> true;
            default -> false;
        };
    }

    /** The server matches a name and the address behind it; of localhost the address is known. */
    private static Set<String> ownHosts(String user) {
        String host = user.substring(user.lastIndexOf('@') + 1);
        Set<String> hosts = new HashSet<>(Set.of(host));
        if (host.equalsIgnoreCase("localhost")) {
            hosts.add("127.0.0.1");
            hosts.add("::1");
        }
        return hosts;
    }
}
