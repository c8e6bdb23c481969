package dev.sluice.server.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The text of the demonstration: lines with the elapsed time, in colour on a terminal only.
 *
 * <p>Thread-safe: each line is written by one call of the stream.
 */
public final class DemoOutput {
    private static final String RESET = "\u001b[0m";
    private static final String BOLD = "\u001b[1m";
    private static final String DIM = "\u001b[2m";
    private static final String GREEN = "\u001b[32m";
    private static final String RED = "\u001b[31m";

    private final PrintStream stream;
    private final boolean colored;
    private final long startNanos = System.nanoTime();

    /** Writes to the given stream. */
    public DemoOutput(PrintStream stream, boolean colored) {
        this.stream = stream;
        this.colored = colored;
    }

    /** Whether standard output is a terminal that wants colours. */
    public static boolean isTerminal() {
        if (System.getenv("NO_COLOR") != null) {
            return false;
        }
        try {
            // Newer runtimes have a console object for a pipe too; the kernel knows better.
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/1")).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
        } catch (IOException | UnsupportedOperationException notLinux) {
            return false;
        }
    }

    /** A report of something that takes time. */
    void progress(String line) {
        double seconds = (System.nanoTime() - startNanos) / 1e9;
        stream.println(paint(DIM, String.format(Locale.ROOT, "[%6.1f s]", seconds)) + " " + line);
    }

    void line(String line) {
        stream.println(line);
    }

    void title(String line) {
        stream.println();
        stream.println(paint(BOLD, line));
    }

    /** What to look at, for somebody who sees this for the first time. */
    void hint(String line) {
        stream.println("   " + paint(DIM, line));
    }

    void verdict(boolean passed, String explanation) {
        String word = passed ? paint(GREEN, "PASS") : paint(RED, "FAIL");
        stream.println("   " + word + (explanation.isEmpty() ? "" : "  " + explanation));
    }

    void error(String sentence) {
        stream.println(paint(RED, "Error: ") + sentence);
    }

    private String paint(String color, String text) {
        return colored ? color + text + RESET : text;
    }
}
