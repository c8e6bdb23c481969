package dev.sluice.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The launcher of this checkout, beside the jars that were just packaged; it finds nothing to build. */
@Timeout(240)
class LauncherIT {
    private static final Duration START = Duration.ofMinutes(1);
    private static final String LIST = "start-classes.lst";
    private static final String MAPPED = "dev.sluice.server.ProxyServer source: shared objects file";

    @TempDir
    private Path root;

    private Path distribution;
    private Path configuration;

    @BeforeEach
    void install() throws IOException {
        distribution = root.resolve("proxy-server/target/distribution");
        Files.createDirectories(distribution);
        Files.copy(Path.of("../sluice"), root.resolve("sluice"));
        Path packaged = Path.of("target/distribution/lib").toAbsolutePath();
        assertThat(packaged).isDirectory();
        Files.createSymbolicLink(distribution.resolve("lib"), packaged);
        Files.copy(packaged.resolveSibling(LIST), distribution.resolve(LIST));
        Files.createFile(root.resolve("pom.xml"));
        Files.createFile(distribution.resolve("built"));
        configuration = Files.writeString(root.resolve("sluice.yaml"), """
                listen: 127.0.0.1:0
                backends:
                  - address: 127.0.0.1:1
                monitor:
                  user: nobody
                  password: none
                  timeout: 250ms
                """);
    }

    @AfterEach
    void unlink() throws IOException {
        Files.delete(distribution.resolve("lib"));
    }

    /** Starts a server, waits until it serves, ends it, and returns what it said and which classes it has loaded from where. */
    private String serve(String name) throws IOException, InterruptedException {
        Path log = root.resolve(name + ".log");
        Path classes = root.resolve(name + ".classes");
        ProcessBuilder builder = new ProcessBuilder(
                        root.resolve("sluice").toString(), "serve", "--config", configuration.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("STATE_DIRECTORY", root.toString());
        builder.environment().put("SLUICE_JAVA_OPTS", "-Xlog:class+load:file=" + classes);
        Process process = builder.start();
        try {
            await().atMost(START)
                    .until(() -> !process.isAlive() || Files.readString(log).contains("Sluice serves"));
            process.destroy();
            assertThat(process.waitFor(START.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.exitValue()).as(() -> read(log)).isZero();
        return read(log) + read(classes);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private List<String> filesOfDistribution() throws IOException {
        try (Stream<Path> files = Files.list(distribution)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void everyServerMapsTheClassesThatTheLauncherHasArchived() throws Exception {
        assertThat(serve("first"))
                .contains("preparing the classes")
                .contains(MAPPED)
                .containsPattern("dev\\.sluice\\.\\S+\\$\\$Lambda\\S* source: shared objects file")
                .doesNotContain("[cds");
        assertThat(filesOfDistribution()).hasSize(4).anyMatch(name -> name.matches("classes-.*\\.jsa"));
        assertThat(serve("second")).doesNotContain("preparing the classes").contains(MAPPED);
    }

    @Test
    void aServerThatCannotBeArchivedIsServedAllTheSame() throws Exception {
        // Root, who may run this, can write everywhere: the launcher is told to write where no directory is.
        Path launcher = root.resolve("sluice");
        String text = Files.readString(launcher);
        String where = "mktemp -d \"$distribution/archive";
        assertThat(text).contains(where);
        Files.writeString(launcher, text.replace(where, "mktemp -d \"$root/pom.xml/archive"));
        assertThat(serve("only")).contains("Sluice serves").doesNotContain(MAPPED);
        assertThat(filesOfDistribution()).containsExactly("built", "lib", LIST);
    }
}
