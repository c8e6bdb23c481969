package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Commands to the JVM of another process. Each runs a JVM of its own for some 200 ms. Confined to the main thread.
 *
 * @param program {@code jcmd} of the JDK that the process runs on
 */
record Jcmd(Path program, long pid) {
    /** What Sluice calls its event loops. */
    static final String EVENT_LOOP = "sluice-loop";

    private static final Pattern ALLOCATED =
            Pattern.compile("^\"(" + EVENT_LOOP + "[^\"]*)\".* allocated=([0-9.]+)([BKMG]).*");

    /** That of a JDK. */
    static Jcmd of(Path javaHome, long pid) {
        return new Jcmd(javaHome.resolve("bin").resolve("jcmd"), pid);
    }

    /** Runs a command and returns what it printed. */
    String run(String... arguments) throws CommandFailure, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program.toString(), Long.toString(pid)));
        command.addAll(List.of(arguments));
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new CommandFailure(1, String.join(" ", command) + " failed: " + output.strip(), null);
            }
            return output;
        } catch (IOException e) {
            throw new CommandFailure(1, "cannot run " + program + " (is it a JDK?): " + e.getMessage(), e);
        }
    }

    /** Bytes that the event loops have allocated on the heap since they began. */
    long allocatedByEventLoops() throws CommandFailure, InterruptedException {
        return allocatedByEventLoops(run("Thread.print", "-e"));
    }

    /** The same from what {@code Thread.print -e} prints; units are of 1024, and large ones are rounded. */
    static long allocatedByEventLoops(String threads) throws CommandFailure {
        long bytes = 0;
        boolean found = false;
        for (String line : threads.lines().toList()) {
            Matcher matcher = ALLOCATED.matcher(line);
            if (matcher.matches()) {
                found = true;
                int power = "BKMG".indexOf(matcher.group(3));
                bytes += (long) (Double.parseDouble(matcher.group(2)) * (1L << (10 * power)));
            }
        }
        if (!found) {
            throw new CommandFailure("the JVM of Sluice names no thread " + EVENT_LOOP + " with its allocation");
        }
        return bytes;
    }
}
