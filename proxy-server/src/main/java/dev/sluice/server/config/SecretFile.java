package dev.sluice.server.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file whose first line is a secret. Immutable. */
public final class SecretFile {
    private static final int BYTES_MAX = 4096;

    private SecretFile() {}

    /**
     * The first line of a file; empty if it has none.
     *
     * @throws IOException if the file cannot be read
     */
    public static String firstLine(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            // Bounded, because a wrong path may name a large file or a device without end.
            String text = new String(in.readNBytes(BYTES_MAX), StandardCharsets.UTF_8);
            return text.lines().findFirst().orElse("");
        }
    }
}
