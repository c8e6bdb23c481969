package dev.sluice.server.it;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The program that forgets the run before, or prints which drivers the profile could run and what came of it, and compares
 * that with the page for users. Thread-safe: no state.
 */
public final class DriverTable {
    private static final String CLEAR = "clear";
    private static final String LINE = "  %-22s %-26s %s%n";
    private static final String PAGE = "docs/compatibility.md";

    /** Writes what was found to the page instead of comparing it. */
    private static final String WRITE = "sluice.docs.write";
    /** The tests that were asked for; some of a driver's say nothing about how many there are. */
    private static final String SELECTED = "it.test";

    private DriverTable() {}

    /**
     * Clears, or prints and compares.
     *
     * @param args the directory of the module; and {@code clear}, if what an earlier run has left is to be removed
     * @throws IllegalStateException if the page tells otherwise
     */
    public static void main(String[] args) throws IOException {
        Path module = Path.of(args[0]);
        Path directory = module.resolve(DriverReport.DIRECTORY);
        if (args.length > 1 && args[1].equals(CLEAR)) {
            for (Path file : files(directory)) {
                Files.delete(file);
            }
            return;
        }
        List<DriverRow> ran = new ArrayList<>();
        for (Path file : files(directory)) {
            ran.add(DriverRow.parse(Files.readString(file).strip())
                    .orElseThrow(() -> new IllegalStateException("no row of the table: " + file)));
        }
        report(module.resolve("..").resolve(PAGE).normalize(), ran, System.out);
    }

    private static void report(Path file, List<DriverRow> ran, PrintStream out) throws IOException {
        DriverPage page = DriverPage.read(file);
        out.printf(LINE, "driver", "version", "result");
        ran.forEach(row -> out.printf(LINE, row.driver(), row.version(), row.result()));
        page.remarks(ran).forEach(remark -> out.println("  " + remark));
        if (Boolean.getBoolean(WRITE)) {
            Files.write(file, page.with(ran));
            return;
        }
        List<String> differences = page.differences(ran);
        if (differences.isEmpty() || System.getProperty(SELECTED, "").contains("#")) {
            return;
        }
        throw new IllegalStateException(PAGE + " tells otherwise (-D" + WRITE + "=true writes it):\n     "
                + String.join("\n     ", differences));
    }

    private static List<Path> files(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(DriverReport.SUFFIX))
                    .sorted()
                    .toList();
        }
    }
}
