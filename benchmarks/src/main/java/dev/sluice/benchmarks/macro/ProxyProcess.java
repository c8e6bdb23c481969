package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import dev.sluice.server.config.HostPort;
import dev.sluice.server.localcluster.GuardedProcess;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/** A proxy that runs as a process of its own and dies with this one. Confined to the main thread. */
final class ProxyProcess implements AutoCloseable {
    private static final Duration START_DEADLINE = Duration.ofSeconds(60);
    private static final long POLL_NANOS = Duration.ofMillis(50).toNanos();
    private static final long LISTENING_POLL_NANOS = Duration.ofMillis(1).toNanos();
    private static final int LOG_CHARACTERS = 1_500;

    private final String name;
    private final GuardedProcess process;
    private final Path log;

    private ProxyProcess(String name, GuardedProcess process, Path log) {
        this.name = name;
        this.process = process;
        this.log = log;
    }

    /** Starts a proxy; its output goes to that file. */
    static ProxyProcess start(String name, List<String> command, Path directory, Path log) {
        return new ProxyProcess(name, GuardedProcess.start(command, Map.of(), directory, log), log);
    }

    long pid() {
        return process.pid();
    }

    /** Returns when something listens at that address. */
    void awaitListening(HostPort address) throws CommandFailure {
        long deadline = System.nanoTime() + START_DEADLINE.toNanos();
        while (System.nanoTime() < deadline && process.isAlive()) {
            try (Socket socket = new Socket(address.host(), address.port())) {
                if (socket.isConnected()) {
                    return;
                }
            } catch (IOException notYet) {
                LockSupport.parkNanos(LISTENING_POLL_NANOS);
            }
        }
        throw new CommandFailure("%s does not listen at %s; it said: %s".formatted(name, address, logTail()));
    }

    /** Returns when a client can log in at that address. */
    void awaitLogin(Jdbc jdbc, HostPort address) throws CommandFailure {
        long deadline = System.nanoTime() + START_DEADLINE.toNanos();
        String problem;
        do {
            if (!process.isAlive()) {
                throw new CommandFailure(name + " ended at once; it said: " + logTail());
            }
            try (Connection connection = jdbc.connect(address, false)) {
                if (connection.isValid(1)) {
                    return;
                }
                problem = "it does not answer";
            } catch (SQLException notYet) {
                problem = String.valueOf(notYet.getMessage());
            }
            LockSupport.parkNanos(POLL_NANOS);
        } while (System.nanoTime() < deadline);
        throw new CommandFailure("%s let nobody in for %d s: %s; it said: %s"
                .formatted(name, START_DEADLINE.toSeconds(), problem, logTail()));
    }

    /** The end of what the proxy printed, for a failure's message. */
    String logTail() {
        try {
            String text = Files.readString(log, StandardCharsets.UTF_8).strip();
            return text.isEmpty() ? "nothing" : text.substring(Math.max(0, text.length() - LOG_CHARACTERS));
        } catch (IOException e) {
            return "something that cannot be read (" + e.getMessage() + ")";
        }
    }

    @Override
    public void close() {
        process.kill();
    }
}
