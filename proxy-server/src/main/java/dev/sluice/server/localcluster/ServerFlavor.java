package dev.sluice.server.localcluster;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A kind of database server that a {@link LocalCluster} can run, and the way to get it onto this machine.
 *
 * <p>Thread-safe: implementations are immutable; concurrent first uses are serialised by the cache.
 */
public interface ServerFlavor {
    /** What the user calls it, for example {@code mysql}. */
    String name();

    /**
     * Finds the server's files, or fetches and unpacks them on first use, and proves that the server runs here.
     *
     * @throws ServerUnavailableException when this machine cannot run the flavour
     * @throws LocalClusterException when a file could not be written
     */
    ServerInstallation install(ServerCache cache, ProgressListener progress);

    /** MySQL 8.0.31 where it runs, else MariaDB 11.4, else a server on the PATH; reports which and why. */
    static ServerFlavor automatic() {
        return new FirstUsableFlavor(mysql(), mariadb(), executable("mariadbd"), executable("mysqld"));
    }

    /** MySQL 8.0.31 from a Maven artifact. */
    static ServerFlavor mysql() {
        return new MySqlArtifactFlavor();
    }

    /** MariaDB 11.4.5 from a Maven artifact. */
    static ServerFlavor mariadb() {
        return new MariaDbArtifactFlavor();
    }

    /** A server that is installed already: a name looked up on the PATH and in {@code /usr/sbin}, or a file. */
    static ServerFlavor executable(String nameOrPath) {
        return new ExecutableFlavor(nameOrPath);
    }

    /**
     * Reads the option a user gives: {@code auto}, {@code mysql}, {@code mariadb}, the name of an executable on the
     * PATH, or its path.
     *
     * @throws LocalClusterException when nothing of that name exists
     */
    static ServerFlavor parse(String option) {
        return switch (option) {
            case "auto" -> automatic();
            case "mysql" -> mysql();
            case "mariadb" -> mariadb();
            default -> {
                if (ExecutableFlavor.find(option) == null) {
                    String hint = Files.isDirectory(Path.of(option)) ? " is a directory" : " was not found";
                    throw new LocalClusterException("The server \"" + option + "\"" + hint
                            + ": use auto, mysql, mariadb, or an executable mysqld or mariadbd by name or path.");
                }
                yield executable(option);
            }
        };
    }
}
