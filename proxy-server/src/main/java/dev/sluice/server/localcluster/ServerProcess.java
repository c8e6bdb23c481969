package dev.sluice.server.localcluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A server that runs as a process of this machine, under a {@link GuardedProcess}.
 *
 * <p>Thread-safe: confined to the {@link LocalServer} that owns it, which calls one method at a time.
 */
final class ServerProcess implements ServerInstance {
    private final ServerBinary binary;
    private final Path directory;
    private final Path log;
    private @Nullable GuardedProcess process;

    ServerProcess(ServerBinary binary, Path directory) {
        this.binary = binary;
        this.directory = directory;
        this.log = directory.resolve("server.log");
    }

    @Override
    public void start(List<String> arguments) {
        Path data = directory.resolve("data");
        try {
            Files.deleteIfExists(log);
            // A killed server leaves these behind, and the lock may name a process id that somebody else has by now.
            for (String stale : List.of("server.sock", "server.sock.lock")) {
                Files.deleteIfExists(data.resolve(stale));
            }
        } catch (IOException e) {
            throw LocalClusterException.io("delete", directory, e);
        }
        List<String> command = new ArrayList<>(List.of(
                binary.executable().toString(),
                "--no-defaults",
                "--basedir=" + binary.basedir(),
                "--datadir=" + data,
                // Relative to the data directory: an absolute path may be longer than a socket's name can be.
                "--socket=server.sock",
                "--log-error=" + log));
        command.addAll(arguments);
        command.addAll(Platform.userArguments());
        process = GuardedProcess.start(command, binary.environment(), directory, log);
    }

    @Override
    public void kill() {
        if (process != null) {
            process.kill();
            process = null;
        }
    }

    @Override
    public void suspend() {
        running().suspend();
    }

    @Override
    public void resume() {
        running().resume();
    }

    private GuardedProcess running() {
        if (process == null) {
            throw new IllegalStateException("The server is not running");
        }
        return process;
    }

    @Override
    public boolean isAlive() {
        return process != null && process.isAlive();
    }

    @Override
    public long pid() {
        return process != null && process.isAlive() ? process.pid() : -1;
    }

    @Override
    public String logTail() {
        try {
            return ExternalCommand.tail(log);
        } catch (IOException e) {
            throw LocalClusterException.io("read", log, e);
        }
    }

    @Override
    public LocalClusterException failure(String activity) {
        return StartFailure.of(activity, logTail(), directory);
    }
}
