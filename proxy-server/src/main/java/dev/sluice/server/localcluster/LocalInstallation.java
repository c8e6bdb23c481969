package dev.sluice.server.localcluster;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * A server executable on this machine, and the data directory that was initialised with it once.
 *
 * <p>Immutable.
 */
record LocalInstallation(ServerBinary binary, ServerCache cache) implements ServerInstallation {
    private static final long DATA_DIRECTORY_BYTES = 200L << 20;

    @Override
    public String description() {
        return binary.version() + " (" + binary.origin() + ")";
    }

    @Override
    public ServerVersion version() {
        return binary.version();
    }

    @Override
    public ServerInstance create(Path directory, ProgressListener progress) {
        Path template = template(progress);
        try {
            if (Files.getFileStore(directory).getUsableSpace() < DATA_DIRECTORY_BYTES) {
                throw new LocalClusterException(LocalClusterException.diskFull(directory));
            }
            Path data = directory.resolve("data");
            Directories.copy(template.resolve("data"), data);
            // Servers with one UUID could not replicate from each other; without the file each makes its own.
            Files.deleteIfExists(data.resolve("auto.cnf"));
            return new ServerProcess(binary, directory);
        } catch (IOException e) {
            throw LocalClusterException.io("write", directory, e);
        }
    }

    private Path template(ProgressListener progress) {
        DataDirectoryInitializer initializer = new DataDirectoryInitializer(binary);
        String name = "data/" + binary.version().slug() + "-" + digest(initializer.recipe());
        return cache.entry(name, progress, directory -> {
            long start = System.nanoTime();
            progress.progress("Initialising a data directory of " + binary.version() + " (once) ...");
            initializer.initialize(directory);
            progress.progress("  initialised in %.1f s".formatted((System.nanoTime() - start) / 1e9));
        });
    }

    /** Everything that shapes the data directory goes into its name, so that a change makes a new one. */
    private static String digest(List<String> recipe) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest(String.join("\n", recipe).getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 6);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }
}
