package dev.sluice.server.localcluster;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A temporary directory that is removed with this JVM, however the JVM dies.
 *
 * <p>A shell waits for the end of a pipe from the JVM and then removes the directory; it tries again for some seconds,
 * because servers that are being killed at the same moment may still write.
 *
 * <p>Thread-safe: confined to its owner.
 */
public final class DirectoryGuard implements AutoCloseable {
    private static final long REMOVAL_SECONDS_MAX = 10;

    private static final String SHELL_SCRIPT = """
            read -r _
            tries=0
            until rm -rf "$1" || [ "$tries" -ge 100 ]; do tries=$((tries + 1)); sleep 0.1; done
            """;

    private final Path directory;
    private final Process shell;
    private final Thread shutdownHook;

    private DirectoryGuard(Path directory, Process shell) {
        this.directory = directory;
        this.shell = shell;
        this.shutdownHook = new Thread(this::awaitRemoval, "directory-guard-shutdown");
    }

    /** Takes over an existing directory. */
    public static DirectoryGuard start(Path directory) {
        List<String> command = new ArrayList<>();
        Path setsid = ExecutableFlavor.find("setsid");
        if (setsid != null) {
            command.add(setsid.toString());
        }
        command.addAll(List.of("/bin/sh", "-c", SHELL_SCRIPT, "sluice-guard", directory.toString()));
        try {
            Process shell = new ProcessBuilder(command)
                    .directory(Path.of("/").toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            DirectoryGuard guard = new DirectoryGuard(directory, shell);
            // A JVM that ends in order waits, so that who waits for the JVM finds nothing left.
            ShutdownHooks.add(guard.shutdownHook);
            return guard;
        } catch (IOException e) {
            throw new LocalClusterException("Could not start /bin/sh (" + e.getMessage() + ").", e);
        }
    }

    /** The directory. */
    public Path path() {
        return directory;
    }

    /** Removes the directory; nothing must write in it any more. */
    @Override
    public void close() {
        try {
            Directories.delete(directory);
        } catch (IOException e) {
            throw LocalClusterException.io("delete", directory, e);
        } finally {
            shell.destroy();
            ShutdownHooks.remove(shutdownHook);
        }
    }

    private void awaitRemoval() {
        try {
            shell.getOutputStream().close();
            shell.waitFor(REMOVAL_SECONDS_MAX, TimeUnit.SECONDS);
        } catch (IOException gone) {
            shell.destroy();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
