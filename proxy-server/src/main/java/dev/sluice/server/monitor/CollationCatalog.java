package dev.sluice.server.monitor;

import dev.sluice.router.topology.ServerFlavor;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The collations that a server knows, by the id that stands in greetings and column definitions. Immutable. */
public final class CollationCatalog {
    /** Knows none; what there is before a server was reached. */
    public static final CollationCatalog EMPTY = new CollationCatalog(Map.of(), Map.of(), Map.of());

    static final String COLLATIONS =
            "SELECT ID, COLLATION_NAME, CHARACTER_SET_NAME, IS_DEFAULT FROM information_schema.COLLATIONS"
                    + " WHERE ID IS NOT NULL";
    /** Since MariaDB 10.10 one collation serves several character sets, under an id each. */
    static final String MARIADB_COLLATIONS = "SELECT ID, FULL_COLLATION_NAME, CHARACTER_SET_NAME, IS_DEFAULT"
            + " FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY";

    private static final int ER_BAD_FIELD = 1054;

    /**
     * One collation. Immutable.
     *
     * @param id its number in the protocol
     * @param name for example utf8mb4_0900_ai_ci
     * @param characterSet for example utf8mb4
     */
    public record Collation(int id, String name, String characterSet) {}

    private final Map<Integer, Collation> byId;
    private final Map<String, Collation> byName;
    private final Map<String, Collation> defaults;

    private CollationCatalog(
            Map<Integer, Collation> byId, Map<String, Collation> byName, Map<String, Collation> defaults) {
        this.byId = byId;
        this.byName = byName;
        this.defaults = defaults;
    }

    /** Reads the catalogue; every account may. */
    static CollationCatalog read(Connection connection, ServerFlavor flavor) throws SQLException {
        if (flavor == ServerFlavor.MYSQL) {
            return read(connection, COLLATIONS);
        }
        try {
            return read(connection, MARIADB_COLLATIONS);
        } catch (SQLException e) {
            if (e.getErrorCode() != ER_BAD_FIELD) {
                throw e;
            }
            return read(connection, COLLATIONS);
        }
    }

    private static CollationCatalog read(Connection connection, String query) throws SQLException {
        Map<Integer, Collation> byId = new HashMap<>();
        Map<String, Collation> byName = new HashMap<>();
        Map<String, Collation> defaults = new HashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                String name = rows.getString(2);
                String characterSet = rows.getString(3);
                if (name == null || characterSet == null) {
                    continue;
                }
                Collation collation = new Collation(rows.getInt(1), name, characterSet);
                byId.put(collation.id(), collation);
                byName.put(name.toLowerCase(Locale.ROOT), collation);
                if ("Yes".equalsIgnoreCase(rows.getString(4))) {
                    defaults.put(characterSet.toLowerCase(Locale.ROOT), collation);
                }
            }
        }
        return new CollationCatalog(Map.copyOf(byId), Map.copyOf(byName), Map.copyOf(defaults));
    }

    /** The collation with that id; null if the server does not know it. */
    public @Nullable Collation byId(int id) {
        return byId.get(id);
    }

    /** The collation with that name, in any case; null if the server does not know it. */
    public @Nullable Collation byName(String name) {
        return byName.get(name.toLowerCase(Locale.ROOT));
    }

    /** The collation that a character set has when none is named; null if the server does not know the character set. */
    public @Nullable Collation defaultOf(String characterSet) {
        return defaults.get(characterSet.toLowerCase(Locale.ROOT));
    }

    /** How many collations there are. */
    public int size() {
        return byId.size();
    }
}
