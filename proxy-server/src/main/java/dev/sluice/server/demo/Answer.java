package dev.sluice.server.demo;

import java.util.List;

/**
 * A statement that was run, its first row, and its route.
 *
 * <p>Immutable.
 *
 * @param sql what was sent
 * @param row the columns of the first row as text, {@code NULL} for null; empty when there is no row
 */
record Answer(String sql, List<String> row, Route route) {
    Answer {
        row = List.copyOf(row);
    }

    /** A column of the first row, counted from 0; an empty text when there is none. */
    String column(int index) {
        return index < row.size() ? row.get(index) : "";
    }
}
