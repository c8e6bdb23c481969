package dev.sluice.server.localcluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * What this machine and this process are, as far as starting servers depends on it.
 *
 * <p>Immutable.
 */
final class Platform {
    private Platform() {}

    /**
     * Refuses everything but Linux on x86-64.
     *
     * @throws ServerUnavailableException with the name of this platform
     */
    static void requireLinuxX64(String what) {
        requireLinuxX64(what, System.getProperty("os.name"), System.getProperty("os.arch"));
    }

    static void requireLinuxX64(String what, String osName, String osArch) {
        boolean x64 = List.of("amd64", "x86_64").contains(osArch.toLowerCase(Locale.ROOT));
        if (!osName.equals("Linux") || !x64) {
            throw new ServerUnavailableException(
                    "%s runs on Linux x86-64 only and this is %s %s: install mysqld or mariadbd and name its path."
                            .formatted(what, osName, osArch));
        }
    }

    /** Where temporary files go: TMPDIR, which Java itself does not look at, else Java's own choice. */
    static Path temporaryDirectory() {
        String tmpdir = System.getenv("TMPDIR");
        return Path.of(tmpdir == null || tmpdir.isEmpty() ? System.getProperty("java.io.tmpdir") : tmpdir);
    }

    /** A server started by root refuses to run unless it is told to stay root; data directories here belong to root then. */
    static List<String> userArguments() {
        return isRoot() ? List.of("--user=root") : List.of();
    }

    private static boolean isRoot() {
        try {
            return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        } catch (IOException | UnsupportedOperationException e) {
            return "root".equals(System.getProperty("user.name"));
        }
    }
}
