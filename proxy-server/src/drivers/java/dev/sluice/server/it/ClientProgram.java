package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.localcluster.Accounts;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A client in another language, which holds its conversation in a process of its own and prints what it was told.
 * Immutable.
 *
 * @param command the program; host, port, user, password, database, and {@code direct} or {@code proxied} are added
 * @param environment variables for it
 */
record ClientProgram(List<String> command, Map<String, String> environment) {
    private static final Path SOURCES = Path.of("src", "drivers");
    private static final String ROUTE = "ROUTE ";
    private static final long SECONDS_MAX = 200;

    /** The output and the exit code of a program that has ended. Immutable. */
    record Ended(int code, String output) {
        List<String> lines() {
            return output.lines().toList();
        }
    }

    /** A script of the profile. */
    static Path script(String name) {
        return SOURCES.resolve(name).toAbsolutePath();
    }

    /** Where a program is, on the PATH or in one of the places beside it. */
    static Optional<Path> find(String name, String... places) {
        Stream<String> path = Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1));
        return Stream.concat(Stream.of(places), path)
                .map(directory -> Path.of(directory, name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Runs a program to its end. */
    static Ended run(Path directory, Map<String, String> environment, Path input, List<String> command)
            throws IOException, InterruptedException {
        Path output = Files.createTempFile(DriverReport.directory(), "output-", ".txt");
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectInput(input.toFile())
                    .redirectOutput(output.toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            if (!process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                throw new AssertionError(
                        command + " did not end; it said: " + Files.readString(output, StandardCharsets.ISO_8859_1));
            }
            // What a client prints need not be text: so every byte stays what it is.
            return new Ended(process.exitValue(), Files.readString(output, StandardCharsets.ISO_8859_1));
        } finally {
            Files.delete(output);
        }
    }

    static Ended run(Path directory, Map<String, String> environment, String... command)
            throws IOException, InterruptedException {
        return run(directory, environment, Path.of("/dev/null"), List.of(command));
    }

    /** Holds the conversation both ways and fails where they differ, or where a statement ran on the wrong server. */
    void assertSame(TestProxy proxy) throws Exception {
        List<String> direct = hold(proxy, proxy.cluster().primary().port(), "direct");
        List<String> proxied = hold(proxy, proxy.port(), "proxied");
        List<String> routes =
                proxied.stream().filter(line -> line.startsWith(ROUTE)).toList();
        assertThat(routes).hasSizeGreaterThan(2).allSatisfy(line -> {
            String[] words = line.split(" ", -1);
            assertThat(words[2]).isEqualTo(words[1]);
        });
        assertThat(direct).hasSizeGreaterThan(10);
        Transcript one = new Transcript();
        one.begin("conversation");
        direct.forEach(one::add);
        Transcript other = new Transcript();
        other.begin("conversation");
        proxied.stream().filter(line -> !line.startsWith(ROUTE)).forEach(other::add);
        other.assertSameAs(one);
    }

    private List<String> hold(TestProxy proxy, int port, String mode) throws Exception {
        proxy.cluster().primary().execute("DROP TABLE IF EXISTS app.drv_w");
        proxy.awaitCaughtUp();
        List<String> all = new ArrayList<>(command);
        all.addAll(List.of("127.0.0.1", Integer.toString(port), Accounts.APP_USER, Accounts.APP_PASSWORD));
        all.addAll(List.of(Accounts.DATABASE, mode));
        Ended ended = run(Path.of("."), environment, all.toArray(String[]::new));
        assertThat(ended.code()).as(ended.output()).isZero();
        return ended.lines();
    }
}
