package dev.sluice.server.admin;

import dev.sluice.server.logging.JsonWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A table as JSON: the column names in order, then one object for each row. Values are strings or null, because they
 * are text everywhere else too. Immutable.
 */
public final class TableJson {
    private TableJson() {}

    /** {@code {"columns":["a"],"rows":[{"a":"1"}]}}. */
    public static String of(ResultTable table) {
        StringBuilder text = new StringBuilder();
        JsonWriter json = new JsonWriter(text).beginObject().name("columns").beginArray();
        table.columns().forEach(json::value);
        json.endArray().name("rows").beginArray();
        for (List<@Nullable String> row : table.rows()) {
            json.beginObject();
            for (int i = 0; i < row.size(); i++) {
                json.field(table.columns().get(i), row.get(i));
            }
            json.endObject();
        }
        json.endArray().endObject();
        return text.toString();
    }
}
