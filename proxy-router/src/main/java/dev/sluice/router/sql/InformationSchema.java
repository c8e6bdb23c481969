package dev.sluice.router.sql;

import java.util.HashMap;
import java.util.Map;

/** Which tables of information_schema describe the data rather than one server. Immutable. */
final class InformationSchema {
    private static final NameTable<Boolean> SHARED = new NameTable<>(names());

    private InformationSchema() {}

    /** Whether a table of information_schema has the same content on every server of a cluster. */
    static boolean isShared(byte[] bytes, int start, int length) {
        return length > 0 && SHARED.find(bytes, start, length) != null;
    }

    private static Map<String, Boolean> names() {
        Map<String, Boolean> names = new HashMap<>();
        String all = "CHARACTER_SETS CHECK_CONSTRAINTS COLLATIONS COLLATION_CHARACTER_SET_APPLICABILITY COLUMNS"
                + " COLUMN_PRIVILEGES EVENTS KEYWORDS KEY_COLUMN_USAGE PARAMETERS PARTITIONS REFERENTIAL_CONSTRAINTS"
                + " ROUTINES SCHEMATA SCHEMA_PRIVILEGES STATISTICS TABLES TABLE_CONSTRAINTS TABLE_PRIVILEGES TRIGGERS"
                + " USER_PRIVILEGES VIEWS VIEW_ROUTINE_USAGE VIEW_TABLE_USAGE ST_GEOMETRY_COLUMNS"
                + " ST_SPATIAL_REFERENCE_SYSTEMS ST_UNITS_OF_MEASURE APPLICABLE_ROLES ADMINISTRABLE_ROLE_AUTHORIZATIONS"
                + " ENABLED_ROLES ROLE_COLUMN_GRANTS ROLE_ROUTINE_GRANTS ROLE_TABLE_GRANTS USER_ATTRIBUTES"
                + " COLUMNS_EXTENSIONS SCHEMATA_EXTENSIONS TABLES_EXTENSIONS TABLE_CONSTRAINTS_EXTENSIONS";
        for (String name : all.split(" ", -1)) {
            names.put(name, Boolean.TRUE);
        }
        return names;
    }
}
