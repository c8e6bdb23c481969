package dev.sluice.router.topology;

/** The family of server software; the two differ in GTIDs, in status statements and in what their trackers tell. Immutable. */
public enum ServerFlavor {
    /** MySQL and its close relatives, such as Percona Server. */
    MYSQL,
    /** MariaDB. */
    MARIADB;

    /** The flavour that a version string from a greeting or from {@code @@version} tells. */
    public static ServerFlavor ofVersion(String version) {
        return version.contains("MariaDB") ? MARIADB : MYSQL;
    }
}
