package dev.sluice.server.cli;

import java.io.PrintWriter;
import java.util.List;

/** Prints rows of text with their columns below one another. Immutable. */
final class AlignedTable {
    private AlignedTable() {}

    /** Prints the header and the rows, all with the same number of cells. */
    static void print(List<String> header, List<List<String>> rows, PrintWriter out) {
        int[] widths = new int[header.size()];
        widen(widths, header);
        rows.forEach(row -> widen(widths, row));
        out.println(line(widths, header));
        rows.forEach(row -> out.println(line(widths, row)));
    }

    private static void widen(int[] widths, List<String> row) {
        for (int i = 0; i < widths.length; i++) {
            widths[i] = Math.max(widths[i], row.get(i).length());
        }
    }

    private static String line(int[] widths, List<String> row) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            String cell = row.get(i);
            line.append(cell).append(" ".repeat(widths[i] - cell.length() + 2));
        }
        return line.toString().stripTrailing();
    }
}
