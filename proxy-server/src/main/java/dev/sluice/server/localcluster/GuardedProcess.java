package dev.sluice.server.localcluster;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A program that dies with this JVM, however the JVM dies.
 *
 * <p>Between the JVM and the program stands a shell that holds one end of a pipe. What comes through the pipe are
 * names of signals for the program; the end of the pipe, which the kernel guarantees even after a SIGKILL of the JVM,
 * means KILL. The shell is the program's parent and reaps it, so a dead program never looks alive to its successor.
 * It runs in a session of its own where that is possible: a Ctrl-C on the terminal is for the JVM, which then stops
 * things in its own order.
 *
 * <p>Thread-safe: confined to its owner, which calls one method at a time.
 */
public final class GuardedProcess {
    private static final String SHELL_SCRIPT = """
            exec 3<&0
            "$@" 3<&- </dev/null >>"$GUARDED_LOG" 2>&1 &
            program=$!
            (
              while read -r signal; do kill -"$signal" "$program"; done
              kill -KILL "$program"
            ) <&3 >/dev/null 2>&1 &
            guard=$!
            exec 3<&-
            echo "$program"
            exec >/dev/null
            wait "$program"
            status=$?
            kill -KILL "$guard"
            exit "$status"
            """;

    private static final long KILL_SECONDS_MAX = 20;

    private final Process shell;
    private final OutputStream signals;
    private final long pid;

    private GuardedProcess(Process shell, long pid) {
        this.shell = shell;
        this.signals = shell.getOutputStream();
        this.pid = pid;
    }

    /**
     * Starts a program.
     *
     * @param log the file that its output is appended to
     * @throws LocalClusterException when no process can be started
     */
    public static GuardedProcess start(
            List<String> command, Map<String, String> environment, Path directory, Path log) {
        List<String> guarded = new ArrayList<>();
        Path setsid = ExecutableFlavor.find("setsid");
        if (setsid != null) {
            guarded.add(setsid.toString());
        }
        guarded.addAll(List.of("/bin/sh", "-c", SHELL_SCRIPT, "sluice-guard"));
        guarded.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(guarded)
                .directory(directory.toFile())
                .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        builder.environment().put("GUARDED_LOG", log.toString());
        try {
            Process shell = builder.start();
            String pid = new BufferedReader(new InputStreamReader(shell.getInputStream(), StandardCharsets.UTF_8))
                    .readLine();
            if (pid == null) {
                throw new LocalClusterException(
                        "Could not start " + command.get(0) + ": the shell said nothing; see " + log + ".");
            }
            return new GuardedProcess(shell, Long.parseLong(pid));
        } catch (IOException e) {
            throw new LocalClusterException(
                    "Could not start %s (%s): check the limit of processes.".formatted(command.get(0), e.getMessage()),
                    e);
        }
    }

    /** The process id of the program itself. */
    public long pid() {
        return pid;
    }

    /** Whether the program has not ended yet. */
    public boolean isAlive() {
        return shell.isAlive();
    }

    /** Freezes the program and returns when it no longer runs. */
    void suspend() {
        signal("STOP");
        awaitState(true);
    }

    /** Lets a frozen program run on and returns when it does. */
    void resume() {
        signal("CONT");
        awaitState(false);
    }

    /** A signal is only a request; callers measure what happens after the program truly stands still. */
    private void awaitState(boolean stopped) {
        Path stat = Path.of("/proc", Long.toString(pid), "stat");
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(KILL_SECONDS_MAX);
        while (shell.isAlive() && isStopped(stat) != stopped) {
            if (System.nanoTime() - deadline > 0) {
                throw new LocalClusterException("Process " + pid + " did not " + (stopped ? "stop." : "run on."));
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    /** The state is the letter after the name, which stands in parentheses and may hold any character. */
    private static boolean isStopped(Path stat) {
        try {
            String line = Files.readString(stat);
            return line.startsWith(") T", line.lastIndexOf(')'));
        } catch (IOException gone) {
            return false;
        }
    }

    /** Sends a signal, named without SIG; does nothing when the program is gone. */
    private void signal(String name) {
        try {
            signals.write((name + "\n").getBytes(StandardCharsets.US_ASCII));
            signals.flush();
        } catch (IOException gone) {
            if (shell.isAlive()) {
                throw new LocalClusterException("Could not send " + name + " to process " + pid + ".", gone);
            }
        }
    }

    /** Kills the program and returns when it has been reaped. */
    public void kill() {
        signal("KILL");
        try {
            if (!shell.waitFor(KILL_SECONDS_MAX, TimeUnit.SECONDS)) {
                throw new LocalClusterException("Process " + pid + " did not end after SIGKILL: it hangs in the kernel,"
                        + " most likely on its disk.");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LocalClusterException("Interrupted while process " + pid + " was ending.", e);
        }
    }
}
