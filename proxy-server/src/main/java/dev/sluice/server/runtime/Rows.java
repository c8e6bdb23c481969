package dev.sluice.server.runtime;

import dev.sluice.server.admin.ResultTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Builds a table row by row. Confined to the thread that builds. */
final class Rows {
    private final List<String> columns;
    private final List<List<@Nullable String>> rows = new ArrayList<>();

    Rows(String... columns) {
        this.columns = List.of(columns);
    }

    /** Adds a row; values are turned into text, enums in lower case. */
    Rows add(@Nullable Object... values) {
        rows.add(Arrays.stream(values).map(Rows::text).toList());
        return this;
    }

    private static @Nullable String text(@Nullable Object value) {
        if (value instanceof Enum<?> constant) {
            return constant.name().toLowerCase(Locale.ROOT);
        }
        return value instanceof Double number
                ? String.format(Locale.ROOT, "%.3f", number)
                : value == null ? null : value.toString();
    }

    ResultTable table() {
        return new ResultTable(columns, rows);
    }
}
