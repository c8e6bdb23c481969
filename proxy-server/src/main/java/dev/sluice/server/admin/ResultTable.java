package dev.sluice.server.admin;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an operation answers: columns and rows of text. Immutable.
 *
 * @param columns names in snake_case
 * @param rows as many values as there are columns; null where there is nothing to say
 */
public record ResultTable(List<String> columns, List<List<@Nullable String>> rows) {
    /** Copies the lists. */
    public ResultTable {
        columns = List.copyOf(columns);
        List<List<@Nullable String>> copy = new ArrayList<>(rows.size());
        for (List<@Nullable String> row : rows) {
            if (row.size() != columns.size()) {
                throw new IllegalArgumentException(
                        "a row of " + row.size() + " values for " + columns.size() + " columns");
            }
            copy.add(Collections.unmodifiableList(new ArrayList<>(row)));
        }
        rows = Collections.unmodifiableList(copy);
    }

    /** One row with one value under the column {@code result}. */
    public static ResultTable message(String text) {
        return new ResultTable(List.of("result"), List.of(List.of(text)));
    }
}
