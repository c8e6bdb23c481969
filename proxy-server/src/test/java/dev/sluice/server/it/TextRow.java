package dev.sluice.server.it;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads rows of the text protocol. Thread-safe: functions without state. */
final class TextRow {
    private TextRow() {}

    /** The columns of a row; null for NULL. */
    static List<@Nullable String> columns(byte[] row) {
        List<@Nullable String> columns = new ArrayList<>();
        int at = 0;
        while (at < row.length) {
            int length = row[at++] & 0xFF;
            if (length == 0xFB) {
                columns.add(null);
                continue;
            }
            if (length == 0xFC) {
                length = (row[at] & 0xFF) | (row[at + 1] & 0xFF) << 8;
                at += 2;
            }
            columns.add(new String(row, at, length, StandardCharsets.UTF_8));
            at += length;
        }
        return columns;
    }

    /** The rows among the packets of one result set without EOF packets. */
    static List<byte[]> rows(List<byte[]> packets) {
        return packets.subList(1 + RawClient.first(packets.get(0)), packets.size() - 1);
    }
}
