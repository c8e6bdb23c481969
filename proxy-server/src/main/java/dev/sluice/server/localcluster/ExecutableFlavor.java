package dev.sluice.server.localcluster;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A server that somebody else installed, named by its executable.
 *
 * <p>Immutable.
 */
final class ExecutableFlavor implements ServerFlavor {
    private final String nameOrPath;

    ExecutableFlavor(String nameOrPath) {
        this.nameOrPath = nameOrPath;
    }

    @Override
    public String name() {
        return nameOrPath;
    }

    @Override
    public ServerInstallation install(ServerCache cache, ProgressListener progress) {
        Path found = find(nameOrPath);
        if (found == null) {
            throw new ServerUnavailableException("There is no executable " + nameOrPath
                    + " on the PATH: install it (Debian: apt-get install mariadb-server-core).");
        }
        try {
            Path executable = found.toRealPath();
            // /opt/mysql/bin/mysqld belongs to /opt/mysql.
            Path basedir = executable.resolve("../..").normalize();
            ServerBinary binary = ServerBinary.probe(executable, basedir, Map.of(), executable.toString());
            return new LocalInstallation(binary, cache);
        } catch (IOException e) {
            throw LocalClusterException.io("read", found, e);
        }
    }

    /** The executable of that name, or null; servers live in sbin, which a user's PATH often lacks. */
    static @Nullable Path find(String nameOrPath) {
        if (nameOrPath.contains("/")) {
            Path path = Path.of(nameOrPath);
            return Files.isRegularFile(path) && Files.isExecutable(path) ? path.toAbsolutePath() : null;
        }
        String path = System.getenv().getOrDefault("PATH", "");
        return Stream.concat(Stream.of(path.split(File.pathSeparator, -1)), Stream.of("/usr/sbin", "/usr/local/sbin"))
                .filter(directory -> !directory.isEmpty())
                .map(directory -> Path.of(directory, nameOrPath))
                .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
                .findFirst()
                .orElse(null);
    }
}
