package dev.sluice.server.it;

import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Whether there is a MariaDB server on this machine to test with. Thread-safe: it has no state. */
public final class MariaDbServer {
    private MariaDbServer() {}

    /** Ends the test as not run, and says so aloud, if there is none. */
    public static void requireInstalled(Class<?> test) {
        List<Path> directories = new ArrayList<>(List.of(Path.of("/usr/sbin")));
        for (String directory : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
            directories.add(Path.of(directory));
        }
        if (directories.stream().noneMatch(directory -> Files.isExecutable(directory.resolve("mariadbd")))) {
            System.getLogger(test.getSimpleName())
                    .log(
                            System.Logger.Level.WARNING,
                            "NOT RUN: no mariadbd on PATH or in /usr/sbin, so nothing was tested on MariaDB");
            abort("no mariadbd on PATH or in /usr/sbin");
        }
    }
}
