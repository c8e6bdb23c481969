package dev.sluice.server.it;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One driver in the table of {@code docs/compatibility.md}, and what a run of the profile leaves about it. Immutable.
 *
 * @param driver its name, the key of the table
 * @param from where it comes from: Maven coordinates without version, joined by {@link #JOINED}; {@code npm}, or
 *     {@code Debian}, and the package
 * @param version of each of them
 * @param what was run with it
 * @param result what came of it
 */
record DriverRow(String driver, String from, String version, String what, String result) {
    /** Between several coordinates and between their versions. */
    static final String JOINED = " + ";

    private static final Pattern CELLS = Pattern.compile(" \\| ");
    private static final Pattern LIBRARIES = Pattern.compile("[\\w.-]+:[\\w.-]+(?: \\+ [\\w.-]+:[\\w.-]+)*");
    private static final String MACHINE = "Debian ";
    private static final String NOT_RUN = "NOT RUN: ";
    private static final String FAILED = "FAILED: ";

    /** The row of a line of Markdown; nothing if it is none, or the head of the table. */
    static Optional<DriverRow> parse(String line) {
        if (!line.startsWith("| ") || !line.endsWith(" |")) {
            return Optional.empty();
        }
        List<String> cells = List.of(CELLS.split(line.substring(2, line.length() - 2), -1));
        if (cells.size() != 5 || cells.get(0).equals("Driver")) {
            return Optional.empty();
        }
        return Optional.of(new DriverRow(cells.get(0), cells.get(1), cells.get(2), cells.get(3), cells.get(4)));
    }

    /** The row as a line of Markdown. */
    String line() {
        return "| " + String.join(" | ", driver, from, version, what, result) + " |";
    }

    static String notRun(String reason) {
        return NOT_RUN + reason;
    }

    static String ran(int passed, int failed) {
        String count = "%d of %d as direct".formatted(passed, passed + failed);
        return failed > 0 || passed == 0 ? FAILED + count : count;
    }

    boolean wasRun() {
        return !result.startsWith(NOT_RUN);
    }

    boolean hasFailed() {
        return result.startsWith(FAILED);
    }

    /** Whether Maven fetches it, so that its version is in the pom. */
    boolean isOfMaven() {
        return LIBRARIES.matcher(from).matches();
    }

    /** Whether its version is that of the machine, which nobody chose. */
    boolean isOfMachine() {
        return from.startsWith(MACHINE);
    }
}
