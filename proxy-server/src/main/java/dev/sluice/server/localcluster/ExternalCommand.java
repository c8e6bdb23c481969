package dev.sluice.server.localcluster;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A short-lived program that is run to its end, with a deadline and its output in a file.
 *
 * <p>Immutable.
 */
record ExternalCommand(List<String> command, Map<String, String> environment, Path workingDirectory) {
    private static final int OUTPUT_BYTES_MAX = 64 * 1024;

    /** What a program left behind; the output is standard output and error, its last 64 KiB. */
    record Outcome(int exitCode, String output) {
        boolean succeeded() {
            return exitCode == 0;
        }

        String lastLine() {
            String stripped = output.strip();
            return stripped.substring(stripped.lastIndexOf('\n') + 1);
        }
    }

    ExternalCommand {
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
    }

    /**
     * Runs the program.
     *
     * @param heartbeat called with the elapsed seconds every few seconds, so that a user sees that something happens
     * @throws LocalClusterException when it cannot be started or does not end in time
     */
    Outcome run(Duration deadline, Heartbeat heartbeat) {
        Path output =
                workingDirectory.resolve("output-" + Path.of(command.get(0)).getFileName() + ".log");
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(workingDirectory.toFile())
                    .redirectErrorStream(true)
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectOutput(output.toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            // Signals end the JVM without unwinding this method; the program must not outlive it.
            Thread killer = new Thread(() -> kill(process), "kill-" + command.get(0));
            Runtime.getRuntime().addShutdownHook(killer);
            try {
                await(process, deadline, heartbeat);
            } finally {
                kill(process);
                ShutdownHooks.remove(killer);
            }
            return new Outcome(process.exitValue(), tail(output));
        } catch (IOException e) {
            throw new LocalClusterException(
                    "Could not run %s (%s): check that it is installed.".formatted(command.get(0), e.getMessage()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LocalClusterException("Interrupted while " + command.get(0) + " was running.", e);
        }
    }

    Outcome run(Duration deadline) {
        return run(deadline, seconds -> {});
    }

    private void await(Process process, Duration deadline, Heartbeat heartbeat) throws InterruptedException {
        long start = System.nanoTime();
        while (!process.waitFor(5, TimeUnit.SECONDS)) {
            long elapsedSeconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
            if (elapsedSeconds >= deadline.toSeconds()) {
                throw new LocalClusterException(
                        "%s did not finish within %d s: try again, or check the network and the disk."
                                .formatted(command.get(0), deadline.toSeconds()));
            }
            heartbeat.beat(elapsedSeconds);
        }
    }

    private static void kill(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().onExit().join();
    }

    /** The end of a text file; empty when it does not exist. */
    static String tail(Path file) throws IOException {
        if (!Files.exists(file)) {
            return "";
        }
        try (var channel = Files.newByteChannel(file)) {
            channel.position(Math.max(0, channel.size() - OUTPUT_BYTES_MAX));
            var bytes = ByteBuffer.allocate(OUTPUT_BYTES_MAX);
            while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
                // Reads on until the end of the file.
            }
            return StandardCharsets.UTF_8.decode(bytes.flip()).toString();
        }
    }

    /** A sign of life of a slow program. */
    @FunctionalInterface
    interface Heartbeat {
        void beat(long elapsedSeconds);
    }
}
