package dev.sluice.benchmarks;

import dev.sluice.protocol.Packets;
import dev.sluice.protocol.PayloadWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.function.Consumer;

/** The result sets that the benchmarks scan, as a server sends them to a client with CLIENT_DEPRECATE_EOF. Immutable. */
public enum SampleResult {
    /** The answer to a point select: one column of 120 characters, one row. */
    ONE_ROW(1, 1, 120),

    /** A page of a report: five columns of 40 characters, 1,000 rows. */
    THOUSAND_ROWS(5, 1_000, 40);

    private static final int EOF_HEADER = 0xFE;
    private static final int SERVER_STATUS_AUTOCOMMIT = 2;
    private static final int VAR_STRING = 0xFD;

    private final int columns;
    private final int rows;
    private final String value;

    SampleResult(int columns, int rows, int characters) {
        this.columns = columns;
        this.rows = rows;
        this.value = "x".repeat(characters);
    }

    /** How many packets the response has. */
    public int packets() {
        return 1 + columns + rows + 1;
    }

    /** The response in native memory, where a socket puts it; the caller releases it. */
    public ByteBuf response() {
        ByteBuf out = Unpooled.directBuffer();
        int sequenceId = 1;
        packet(out, sequenceId++, payload -> payload.lenenc(columns));
        for (int column = 0; column < columns; column++) {
            String name = "column_" + column;
            packet(out, sequenceId++, payload -> definition(payload, name));
        }
        for (int row = 0; row < rows; row++) {
            packet(out, sequenceId++, this::row);
        }
        packet(
                out,
                sequenceId,
                payload -> payload.int1(EOF_HEADER)
                        .lenenc(0)
                        .lenenc(0)
                        .int2(SERVER_STATUS_AUTOCOMMIT)
                        .int2(0));
        return out;
    }

    /** The answer to a COM_STMT_PREPARE of a statement with that result and one parameter; the caller releases it. */
    public ByteBuf prepareOk(int statementId) {
        ByteBuf out = Unpooled.directBuffer();
        int sequenceId = 1;
        packet(
                out,
                sequenceId++,
                payload -> payload.int1(0)
                        .int4(statementId)
                        .int2(columns)
                        .int2(1)
                        .int1(0)
                        .int2(0));
        packet(out, sequenceId++, payload -> definition(payload, "?"));
        for (int column = 0; column < columns; column++) {
            String name = "column_" + column;
            packet(out, sequenceId++, payload -> definition(payload, name));
        }
        return out;
    }

    private static void packet(ByteBuf out, int sequenceId, Consumer<PayloadWriter> payload) {
        int header = Packets.begin(out, sequenceId);
        payload.accept(new PayloadWriter(out));
        Packets.end(out, header);
    }

    private static void definition(PayloadWriter payload, String name) {
        payload.lenencString("def")
                .lenencString("app")
                .lenencString("sbtest1")
                .lenencString("sbtest1")
                .lenencString(name)
                .lenencString(name)
                .int1(0x0C)
                .int2(255)
                .int4(1024)
                .int1(VAR_STRING)
                .int2(0)
                .int1(0)
                .int2(0);
    }

    private void row(PayloadWriter payload) {
        for (int column = 0; column < columns; column++) {
            payload.lenencString(value);
        }
    }
}
