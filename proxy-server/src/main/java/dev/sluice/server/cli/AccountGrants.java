package dev.sluice.server.cli;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What an account may do on one server, as {@code SHOW GRANTS} says it there. Immutable. */
final class AccountGrants {
    /** The object comes in one of three forms: {@code *.*}, {@code `schema`.*} and {@code `schema`.`table`}. */
    private static final Pattern GRANT =
            Pattern.compile("GRANT (.+?) ON (?:TABLE )?(\\S+?\\.\\S+) TO .*", Pattern.CASE_INSENSITIVE);

    private static final Pattern COLUMNS = Pattern.compile("\\([^)]*\\)");
    private static final int ER_SP_DOES_NOT_EXIST = 1305;
    private static final String ALL = "ALL PRIVILEGES";
    private static final String EVERYWHERE = "*.*";

    /** What MySQL's SUPER stands for as well. */
    private static final Set<String> OF_SUPER =
            Set.of("REPLICATION CLIENT", "CONNECTION_ADMIN", "REPLICATION_SLAVE_ADMIN", "SYSTEM_VARIABLES_ADMIN");

    private final String account;
    private final Map<String, Set<String>> byObject = new HashMap<>();

    private AccountGrants(String account, List<String> lines) {
        this.account = account;
        for (String line : lines) {
            Matcher grant = GRANT.matcher(line);
            if (grant.matches()) {
                Set<String> privileges = byObject.computeIfAbsent(object(grant.group(2)), key -> new HashSet<>());
                for (String privilege : grant.group(1).split(",", -1)) {
                    // A right to some columns is not the right to the table.
                    if (!COLUMNS.matcher(privilege).find() && !privilege.contains(")")) {
                        privileges.add(name(privilege));
                    }
                }
            }
        }
    }

    /** @param lines as the server prints them */
    static AccountGrants of(String account, List<String> lines) {
        return new AccountGrants(account, lines);
    }

    /** Asks the server for the grants of the account that is logged in, those of its active roles included. */
    static AccountGrants read(Statement statement) throws SQLException {
        String user = one(statement, "SELECT CURRENT_USER()");
        int at = user.lastIndexOf('@');
        String account = at < 0 ? "'" + user + "'" : "'" + user.substring(0, at) + "'@'" + user.substring(at + 1) + "'";
        List<String> lines = lines(statement, "SHOW GRANTS");
        String roles = activeRoles(statement);
        // MariaDB shows the grants of the active role by itself, and prints the role without a host.
        if (roles.contains("@")) {
            lines.addAll(lines(statement, "SHOW GRANTS FOR CURRENT_USER() USING " + roles));
        }
        return new AccountGrants(account, lines);
    }

    private static String activeRoles(Statement statement) throws SQLException {
        try {
            return one(statement, "SELECT CURRENT_ROLE()");
        } catch (SQLException e) {
            if (e.getErrorCode() == ER_SP_DOES_NOT_EXIST) {
                // A server without roles.
                return "";
            }
            throw e;
        }
    }

    private static String one(Statement statement, String sql) throws SQLException {
        List<String> values = lines(statement, sql);
        return values.isEmpty() ? "" : values.get(0);
    }

    private static List<String> lines(Statement statement, String sql) throws SQLException {
        List<String> lines = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                @Nullable String line = rows.getString(1);
                lines.add(line == null ? "" : line);
            }
        }
        return lines;
    }

    private static String object(String text) {
        return text.replace("`", "").replace("\\_", "_").toLowerCase(Locale.ROOT);
    }

    /** MariaDB has two names for many. */
    private static String name(String privilege) {
        return privilege
                .strip()
                .toUpperCase(Locale.ROOT)
                .replace("REPLICA MONITOR", "SLAVE MONITOR")
                .replace("REPLICATION REPLICA", "REPLICATION SLAVE");
    }

    /** The account as a GRANT names it. */
    String account() {
        return account;
    }

    /**
     * Whether the account has a privilege.
     *
     * @param object {@code *.*} or {@code schema.table}
     */
    boolean has(String privilege, String object) {
        String on = object(object);
        String schema = on.substring(0, on.indexOf('.')) + ".*";
        return gives(privilege, EVERYWHERE) || gives(privilege, schema) || gives(privilege, on);
    }

    private boolean gives(String privilege, String object) {
        Set<String> given = byObject.getOrDefault(object, Set.of());
        return given.contains(name(privilege))
                || given.contains(ALL)
                || (given.contains("SUPER") && OF_SUPER.contains(privilege));
    }
}
