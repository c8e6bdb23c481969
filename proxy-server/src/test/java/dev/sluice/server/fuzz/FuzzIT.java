package dev.sluice.server.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Jazzer on all targets, in a process of its own: guided by coverage, for a few seconds or for
 * {@code -Dsluice.fuzz.seconds}, on one target or on all ({@code -Dsluice.fuzz.target}). What it learns stays in
 * {@code target/fuzz}; with {@code -Dsluice.fuzz.keep=true} it is kept in {@code src/test/fuzz} as well. A finding is an input in
 * {@code target/fuzz}, too, and is kept the same way.
 */
@Timeout(value = 48, unit = TimeUnit.HOURS)
class FuzzIT {
    private static final int SECONDS = Integer.getInteger("sluice.fuzz.seconds", 8);
    private static final String TARGET = System.getProperty("sluice.fuzz.target", "");
    private static final Pattern RUNS = Pattern.compile("Done (\\d+) runs");
    private static final int SEEDS_EVERY = 8;
    private static final int KEPT_BYTES_MAX = 256;
    private static final Path LEARNED = Path.of("target/fuzz");
    private static final Path SEEDS = Path.of("target/fuzz-seeds");

    @Test
    void jazzerFindsNothing() throws Exception {
        Files.createDirectories(LEARNED);
        writeSeeds();
        Path log = Path.of("target/fuzz.log");
        if (Boolean.getBoolean("sluice.fuzz.keep")) {
            keep();
        }
        Process jazzer = new ProcessBuilder(command())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            assertThat(jazzer.waitFor(SECONDS + 300L, TimeUnit.SECONDS))
                    .as("it ends")
                    .isTrue();
        } finally {
            jazzer.destroyForcibly();
        }
        String said = Files.readString(log, StandardCharsets.ISO_8859_1);
        assertThat(jazzer.exitValue()).as(said).isZero();
        Matcher runs = RUNS.matcher(said);
        assertThat(runs.find()).as(said).isTrue();
        assertThat(Long.parseLong(runs.group(1))).isGreaterThan(SEEDS_EVERY);
    }

    /** What earlier runs have learned and found. */
    private static void keep() throws IOException {
        Set<String> lines = new LinkedHashSet<>(Files.readAllLines(FuzzSeeds.KEPT, StandardCharsets.US_ASCII));
        try (Stream<Path> files = Files.list(LEARNED)) {
            for (Path file : files.sorted().toList()) {
                byte[] input = Files.readAllBytes(file);
                if (input.length <= KEPT_BYTES_MAX) {
                    lines.add(HexFormat.of().formatHex(input));
                }
            }
        }
        Files.write(FuzzSeeds.KEPT, lines, StandardCharsets.US_ASCII);
    }

    private static void writeSeeds() throws IOException {
        Files.createDirectories(SEEDS);
        List<byte[]> seeds = FuzzSeeds.all();
        // A short run is to get beyond them.
        for (int i = 0; i < seeds.size(); i += SECONDS > 60 ? 1 : SEEDS_EVERY) {
            Files.write(SEEDS.resolve("seed-" + i), seeds.get(i));
        }
    }

    private static List<String> command() {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:MaxDirectMemorySize=256m",
                "-Dsluice.fuzz.target=" + TARGET,
                "-cp",
                System.getProperty("java.class.path"),
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + FuzzEntry.class.getName(),
                "--instrumentation_includes=dev.sluice.**",
                "--custom_hook_excludes=**",
                "--reproducer_path=target",
                "-artifact_prefix=" + LEARNED + "/finding-",
                // Whatever takes so many seconds is a hang.
                "-timeout=30",
                "-max_len=4096",
                // It would go by the peak that the kernel knows, which begins with that of the JVM that started this
                // one. The
                // bounds of the heap and of direct memory are what counts.
                "-rss_limit_mb=0",
                "-max_total_time=" + SECONDS));
        command.add(LEARNED.toString());
        command.add(SEEDS.toString());
        return command;
    }
}
