package dev.sluice.server.it;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The program that prints which drivers the profile could run and what came of it. Thread-safe: no state. */
public final class DriverTable {
    private static final String LINE = "%-24s %-24s %s%n";

    private DriverTable() {}

    /** Prints the rows that the tests have left in {@code target/drivers} of the directory that is given. */
    public static void main(String[] args) throws IOException {
        Path directory = Path.of(args[0], "target", "drivers");
        PrintStream out = System.out;
        out.printf(LINE, "driver", "version", "result");
        for (Path row : rows(directory)) {
            String[] cells = Files.readString(row).split("\t", -1);
            out.printf(LINE, (Object[]) cells);
        }
    }

    private static List<Path> rows(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            List<Path> rows = new ArrayList<>(
                    files.filter(file -> file.toString().endsWith(".row")).toList());
            rows.sort(null);
            return rows;
        }
    }

    static void add(String driver, String version, String result) throws IOException {
        String name = driver.replaceAll("[^A-Za-z0-9]+", "-") + ".row";
        Files.writeString(
                DriverReport.directory().resolve(name),
                String.join("\t", driver, version, result),
                StandardCharsets.UTF_8);
    }
}
