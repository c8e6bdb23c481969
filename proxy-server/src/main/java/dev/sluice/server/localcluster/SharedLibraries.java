package dev.sluice.server.localcluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The system libraries MySQL needs and a bare machine lacks, taken from where the
 * distribution keeps them under another name, or from its packages without installing them.
 *
 * <p>Whether something is missing is never guessed from paths or from the linker's cache: the server is run with
 * {@code --version} and the dynamic linker says it.
 *
 * <p>Thread-safe: it has no state.
 */
final class SharedLibraries {
    private static final Duration DOWNLOAD_DEADLINE = Duration.ofMinutes(3);

    /** Package names by library; newer distributions renamed the first when their time type grew. */
    private static final Map<String, List<String>> PACKAGES =
            Map.of("libaio.so.1", List.of("libaio1", "libaio1t64"), "libnuma.so.1", List.of("libnuma1"));

    private static final List<Path> SYSTEM_DIRECTORIES = Stream.of(
                    "/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64", "/lib64")
            .map(Path::of)
            .toList();

    private SharedLibraries() {}

    /**
     * A directory for LD_LIBRARY_PATH that holds all libraries known to be needed.
     *
     * @throws ServerUnavailableException when the packages cannot be had
     */
    static Path fetch(ServerCache cache, String missing, ProgressListener progress) {
        Path entry = cache.entry("libraries", progress, directory -> {
            progress.progress("Library " + missing + " is missing: taking it from the distribution's packages ...");
            for (Map.Entry<String, List<String>> library : PACKAGES.entrySet()) {
                unpackFirst(directory, library.getKey(), library.getValue());
            }
        });
        return entry.resolve("lib");
    }

    static String installHint() {
        return "install it (Debian 12: apt-get install libaio1 libnuma1; Debian 13 and Ubuntu 24: libaio1t64 libnuma1)";
    }

    private static void unpackFirst(Path directory, String library, List<String> packages) throws IOException {
        Path lib = Files.createDirectories(directory.resolve("lib"));
        for (Path system : SYSTEM_DIRECTORIES) {
            if (Files.isDirectory(system) && collect(system, lib, library)) {
                return;
            }
        }
        for (String name : packages) {
            Path work = Files.createDirectory(directory.resolve(name));
            if (download(work, name) && collect(work, lib, library)) {
                return;
            }
        }
        throw new ServerUnavailableException("Library " + library + " is missing and the package " + packages.get(0)
                + " could not be downloaded: " + installHint() + ".");
    }

    private static boolean download(Path work, String name) throws IOException {
        if (ExecutableFlavor.find("apt-get") == null || ExecutableFlavor.find("dpkg") == null) {
            return false;
        }
        if (!new ExternalCommand(List.of("apt-get", "download", name), Map.of(), work)
                .run(DOWNLOAD_DEADLINE)
                .succeeded()) {
            return false;
        }
        try (Stream<Path> files = Files.list(work)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".deb")).toList()) {
                List<String> unpack = List.of("dpkg", "-x", file.toString(), work.toString());
                if (!new ExternalCommand(unpack, Map.of(), work)
                        .run(DOWNLOAD_DEADLINE)
                        .succeeded()) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Copies the library under the name that MySQL asks for, whatever name the distribution gives it. */
    private static boolean collect(Path directory, Path target, String library) throws IOException {
        try (Stream<Path> files = Files.find(
                directory,
                5,
                (path, attributes) -> path.getFileName().toString().startsWith(library))) {
            Path found = files.filter(Files::isRegularFile).findFirst().orElse(null);
            if (found == null) {
                return false;
            }
            Files.copy(found, target.resolve(library), StandardCopyOption.REPLACE_EXISTING);
            return true;
        }
    }
}
