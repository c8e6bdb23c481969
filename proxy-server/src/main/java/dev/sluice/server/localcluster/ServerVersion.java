package dev.sluice.server.localcluster;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The vendor and version of a database server.
 *
 * <p>Immutable.
 */
public record ServerVersion(Vendor vendor, int major, int minor, int patch) {
    private static final Pattern VERSION_OUTPUT = Pattern.compile("Ver (\\d+)\\.(\\d+)\\.(\\d+)(\\S*)");

    /** Who makes the server; decides the dialect of replication statements. */
    public enum Vendor {
        MYSQL("MySQL"),
        MARIADB("MariaDB");

        private final String displayName;

        Vendor(String displayName) {
            this.displayName = displayName;
        }
    }

    /** Reads what {@code mysqld --version} prints; empty when it is not a version line. */
    static Optional<ServerVersion> parse(String output) {
        Matcher matcher = VERSION_OUTPUT.matcher(output);
        if (!matcher.find()) {
            return Optional.empty();
        }
        Vendor vendor = output.contains("MariaDB") ? Vendor.MARIADB : Vendor.MYSQL;
        return Optional.of(new ServerVersion(
                vendor,
                Integer.parseInt(matcher.group(1)),
                Integer.parseInt(matcher.group(2)),
                Integer.parseInt(matcher.group(3))));
    }

    /** Whether this version is the given one or newer. */
    public boolean isAtLeast(int otherMajor, int otherMinor, int otherPatch) {
        if (major != otherMajor) {
            return major > otherMajor;
        }
        return minor != otherMinor ? minor > otherMinor : patch >= otherPatch;
    }

    /** A name usable in a path, for example {@code mysql-8.0.31}. */
    String slug() {
        return "%s-%d.%d.%d".formatted(vendor == Vendor.MYSQL ? "mysql" : "mariadb", major, minor, patch);
    }

    @Override
    public String toString() {
        return "%s %d.%d.%d".formatted(vendor.displayName, major, minor, patch);
    }
}
