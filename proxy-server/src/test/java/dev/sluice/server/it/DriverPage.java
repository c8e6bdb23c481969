package dev.sluice.server.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The table of drivers of a page, compared with what a run has found. Immutable. */
final class DriverPage {
    private static final String HEADING = "## Drivers";
    private static final Comparator<String> ALPHABETICAL =
            Comparator.<String, String>comparing(name -> name.toLowerCase(Locale.ROOT));

    private final List<String> lines;
    private final int begin;
    private final int end;
    private final List<DriverRow> rows;

    private DriverPage(List<String> lines, int begin, int end, List<DriverRow> rows) {
        this.lines = lines;
        this.begin = begin;
        this.end = end;
        this.rows = rows;
    }

    static DriverPage read(Path page) throws IOException {
        return parse(Files.readAllLines(page));
    }

    /** The rows below the heading; they stand one after the other. */
    static DriverPage parse(List<String> lines) {
        int begin = lines.indexOf(HEADING);
        if (begin < 0) {
            throw new IllegalArgumentException("no heading \"" + HEADING + '"');
        }
        while (begin < lines.size() && DriverRow.parse(lines.get(begin)).isEmpty()) {
            begin++;
        }
        List<DriverRow> rows = new ArrayList<>();
        int end = begin;
        while (end < lines.size()) {
            Optional<DriverRow> row = DriverRow.parse(lines.get(end));
            if (row.isEmpty()) {
                break;
            }
            rows.add(row.get());
            end++;
        }
        if (rows.isEmpty()) {
            throw new IllegalArgumentException("no rows below \"" + HEADING + '"');
        }
        return new DriverPage(List.copyOf(lines), begin, end, List.copyOf(rows));
    }

    List<DriverRow> rows() {
        return rows;
    }

    /**
     * What the page says otherwise than a run has found. What failed or could not be run says nothing about the page, and
     * the version of a package is that of the machine.
     */
    List<String> differences(List<DriverRow> ran) {
        List<String> differences = new ArrayList<>();
        Map<String, DriverRow> here = byName(rows);
        for (DriverRow row : ran) {
            DriverRow told = here.get(row.driver());
            if (!row.wasRun() || row.hasFailed()) {
                continue;
            }
            if (told == null) {
                differences.add("not on the page: " + row.line());
            } else if (!told.equals(row.isOfMachine() ? withVersion(row, told.version()) : row)) {
                differences.add("the page: " + told.line() + "\n     the run:  " + row.line());
            }
        }
        return differences;
    }

    /** What is told and needs no change: drivers that were not run, and versions of this machine. */
    List<String> remarks(List<DriverRow> ran) {
        List<String> remarks = new ArrayList<>();
        Map<String, DriverRow> found = byName(ran);
        for (DriverRow told : rows) {
            DriverRow row = found.get(told.driver());
            if (row == null) {
                remarks.add(told.driver() + ": " + DriverRow.notRun("its tests were not selected"));
            } else if (!row.wasRun()) {
                remarks.add(told.driver() + ": " + row.result());
            } else if (row.isOfMachine() && !row.version().equals(told.version())) {
                remarks.add(told.driver() + ": the page tells of " + told.version() + ", here is " + row.version());
            }
        }
        return remarks;
    }

    /** The page with what a run has found; rows of drivers that were not run, or failed, stay as they are. */
    List<String> with(List<DriverRow> ran) {
        Map<String, DriverRow> all = byName(rows);
        for (DriverRow row : ran) {
            if (row.wasRun() && !row.hasFailed()) {
                all.put(row.driver(), row);
            }
        }
        List<String> changed = new ArrayList<>(lines.subList(0, begin));
        all.values().forEach(row -> changed.add(row.line()));
        changed.addAll(lines.subList(end, lines.size()));
        return changed;
    }

    private static Map<String, DriverRow> byName(List<DriverRow> rows) {
        Map<String, DriverRow> all = new TreeMap<>(ALPHABETICAL);
        rows.forEach(row -> all.put(row.driver(), row));
        return all;
    }

    private static DriverRow withVersion(DriverRow row, String version) {
        return new DriverRow(row.driver(), row.from(), version, row.what(), row.result());
    }
}
