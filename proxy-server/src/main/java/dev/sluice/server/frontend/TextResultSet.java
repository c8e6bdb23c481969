package dev.sluice.server.frontend;

import dev.sluice.protocol.Packets;
import dev.sluice.protocol.PayloadWriter;
import dev.sluice.protocol.packet.EofPacket;
import dev.sluice.protocol.packet.OkPacket;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A small result set of strings, or of one number, that Sluice itself answers with. Confined to the session's event loop.
 *
 * @see <a
 *     href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset.html">Text
 *     result set</a>
 */
public final class TextResultSet {
    private static final int UTF8MB4_GENERAL_CI = 45;
    private static final int TYPE_VAR_STRING = 0xFD;
    private static final int NULL_VALUE = 0xFB;
    private static final int COLUMN_BYTES = 1024;

    private static final int BINARY = 63;
    private static final int TYPE_LONG = 3;
    private static final int TYPE_LONGLONG = 8;
    private static final int LONG_DIGITS = 10;
    private static final int LONGLONG_DIGITS = 21;
    private static final int NOT_NULL = 1;
    private static final int UNSIGNED_BINARY = 0xA0;

    private final List<String> columns;
    private final ColumnForm form;
    private final List<List<@Nullable String>> rows = new ArrayList<>();

    /** What the definition of a column says of its values. */
    private record ColumnForm(int charset, int length, int type, int flags) {
        static final ColumnForm STRING = new ColumnForm(UTF8MB4_GENERAL_CI, COLUMN_BYTES, TYPE_VAR_STRING, 0);
    }

    /** @param columns the column names */
    public TextResultSet(List<String> columns) {
        this(columns, ColumnForm.STRING);
    }

    private TextResultSet(List<String> columns, ColumnForm form) {
        this.columns = List.copyOf(columns);
        this.form = form;
    }

    /**
     * One unsigned number.
     *
     * @param wide whether it has 64 bits, else 32
     * @param nullable whether the column could be NULL
     */
    public static TextResultSet ofNumber(String column, boolean wide, boolean nullable, long value) {
        ColumnForm form = new ColumnForm(
                BINARY,
                wide ? LONGLONG_DIGITS : LONG_DIGITS,
                wide ? TYPE_LONGLONG : TYPE_LONG,
                UNSIGNED_BINARY | (nullable ? 0 : NOT_NULL));
        TextResultSet set = new TextResultSet(List.of(column), form);
        set.row(Long.toUnsignedString(value));
        return set;
    }

    /** Adds a row; one value a column. */
    public void row(String... values) {
        rows.add(List.of(values));
    }

    /** Adds a row; one value a column, null for NULL. */
    public void row(List<@Nullable String> values) {
        rows.add(values);
    }

    /** The packets of the answer, from sequence id 1 on. */
    public ByteBuf encode(ByteBufAllocator allocator, boolean deprecatesEof, int status) {
        ByteBuf out = allocator.buffer();
        int sequenceId = 1;
        int header = Packets.begin(out, sequenceId++);
        new PayloadWriter(out).lenenc(columns.size());
        Packets.end(out, header);
        for (String column : columns) {
            header = Packets.begin(out, sequenceId++);
            column(new PayloadWriter(out), column);
            Packets.end(out, header);
        }
        if (!deprecatesEof) {
            Packets.write(out, sequenceId++, new EofPacket(0, status), 0);
        }
        for (List<@Nullable String> row : rows) {
            header = Packets.begin(out, sequenceId++);
            row(new PayloadWriter(out), row);
            Packets.end(out, header);
        }
        end(out, sequenceId, deprecatesEof, status);
        return out;
    }

    private static void row(PayloadWriter writer, List<@Nullable String> row) {
        for (String value : row) {
            if (value == null) {
                writer.int1(NULL_VALUE);
            } else {
                writer.lenencString(value);
            }
        }
    }

    /** The packet that ends a result set, alone: what COM_SET_OPTION answers. */
    public static ByteBuf end(ByteBufAllocator allocator, boolean deprecatesEof, int status) {
        ByteBuf out = allocator.buffer();
        end(out, 1, deprecatesEof, status);
        return out;
    }

    private void column(PayloadWriter writer, String name) {
        writer.lenencString("def")
                .lenencString("")
                .lenencString("")
                .lenencString("")
                .lenencString(name)
                .lenencString(form.charset() == BINARY ? "" : name)
                .lenenc(12)
                .int2(form.charset())
                .int4(form.length())
                .int1(form.type())
                .int2(form.flags())
                .int1(0)
                .zeros(2);
    }

    private static void end(ByteBuf out, int sequenceId, boolean deprecatesEof, int status) {
        if (!deprecatesEof) {
            Packets.write(out, sequenceId, new EofPacket(0, status), 0);
            return;
        }
        int header = Packets.begin(out, sequenceId);
        new PayloadWriter(out)
                .int1(OkPacket.ROWS_END_HEADER)
                .lenenc(0)
                .lenenc(0)
                .int2(status)
                .int2(0);
        Packets.end(out, header);
    }
}
