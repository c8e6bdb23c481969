package dev.sluice.protocol.testing;

import dev.sluice.protocol.Packets;
import dev.sluice.protocol.PayloadWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * A response as a server would send it to a client with or without CLIENT_DEPRECATE_EOF, packet by packet. Confined to one test.
 */
public final class ResponseBytes {
    /** Status of the EOF packets that stand between columns and rows. */
    public static final int COLUMNS_END_STATUS = 0x0002;

    private final ByteBuf out = Unpooled.buffer();
    private final boolean deprecatesEof;
    private int sequenceId = 1;

    /** For a client with or without CLIENT_DEPRECATE_EOF. */
    public ResponseBytes(boolean deprecatesEof) {
        this.deprecatesEof = deprecatesEof;
    }

    /** What was written so far. */
    public byte[] bytes() {
        return Arrays.copyOf(out.array(), out.writerIndex());
    }

    /** The id of the next packet. */
    public ResponseBytes sequenceId(int next) {
        sequenceId = next;
        return this;
    }

    /** Any payload, also one that needs several packets. */
    public ResponseBytes payload(byte[] payload) {
        int from = 0;
        int length;
        do {
            length = Math.min(Packets.MAX_PAYLOAD_LENGTH, payload.length - from);
            out.writeMediumLE(length).writeByte(sequenceId++).writeBytes(payload, from, length);
            from += length;
        } while (length == Packets.MAX_PAYLOAD_LENGTH);
        return this;
    }

    private ResponseBytes packet(Consumer<PayloadWriter> fields) {
        ByteBuf payload = Unpooled.buffer();
        fields.accept(new PayloadWriter(payload));
        return payload(Arrays.copyOf(payload.array(), payload.writerIndex()));
    }

    /** An OK without session state. */
    public ResponseBytes ok(int affectedRows, int status) {
        return packet(p -> p.int1(0).lenenc(affectedRows).lenenc(0).int2(status).int2(0));
    }

    /** An OK with info and session state. */
    public ResponseBytes okWithState(int status, String info, byte[] state) {
        return packet(p -> p.int1(0)
                .lenenc(0)
                .lenenc(0)
                .int2(status | 0x4000)
                .int2(0)
                .lenencString(info)
                .lenencBytes(state));
    }

    /** An ERR. */
    public ResponseBytes err(int code, String message) {
        return packet(p -> p.int1(0xFF).int2(code).eofString("#HY000" + message));
    }

    /** The packet that ends rows. */
    public ResponseBytes rowsEnd(int warnings, int status) {
        return deprecatesEof
                ? packet(p -> p.int1(0xFE).lenenc(0).lenenc(0).int2(status).int2(warnings))
                : eof(warnings, status);
    }

    /** The packet that ends rows, with session state if there is any and the client deprecates EOF. */
    public ResponseBytes rowsEndWithState(int status, byte[] state) {
        if (!deprecatesEof || state.length == 0) {
            return rowsEnd(0, status);
        }
        return packet(p -> p.int1(0xFE)
                .lenenc(0)
                .lenenc(0)
                .int2(status | 0x4000)
                .int2(0)
                .lenencString("")
                .lenencBytes(state));
    }

    /** A short EOF packet. */
    public ResponseBytes eof(int warnings, int status) {
        return packet(p -> p.int1(0xFE).int2(warnings).int2(status));
    }

    /** Column count and definitions, without an end. */
    public ResponseBytes columns(int count) {
        return packet(p -> p.lenenc(count)).definitions(count);
    }

    /** Column definitions. */
    public ResponseBytes definitions(int count) {
        for (int i = 0; i < count; i++) {
            String name = "column_" + i;
            packet(p -> p.lenencString("def")
                    .lenencString("test")
                    .lenencString("t")
                    .lenencString("t")
                    .lenencString(name)
                    .lenencString(name)
                    .int1(0x0C)
                    .int2(255)
                    .int4(1024)
                    .int1(0xFD)
                    .int2(0)
                    .int1(0)
                    .int2(0));
        }
        return this;
    }

    /** The end of definitions: an EOF, or nothing. */
    public ResponseBytes columnsEnd() {
        return deprecatesEof ? this : eof(0, COLUMNS_END_STATUS);
    }

    /** Text rows of as many columns, NULL first and an empty string last. */
    public ResponseBytes rows(int count, int columns) {
        for (int row = 0; row < count; row++) {
            int number = row;
            packet(p -> {
                for (int column = 0; column < columns; column++) {
                    if (column == 0 && number == 0) {
                        p.int1(0xFB);
                    } else {
                        p.lenencString(column == columns - 1 ? "" : "value " + number);
                    }
                }
            });
        }
        return this;
    }

    /** A whole result set. */
    public ResponseBytes resultSet(int columns, int rows, int status) {
        return columns(columns).columnsEnd().rows(rows, columns).rowsEnd(0, status);
    }

    /** The answer to COM_STMT_PREPARE. */
    public ResponseBytes prepared(int statementId, int parameters, int columns) {
        packet(p -> p.int1(0)
                .int4(statementId)
                .int2(columns)
                .int2(parameters)
                .int1(0)
                .int2(0));
        if (parameters > 0) {
            definitions(parameters).columnsEnd();
        }
        if (columns > 0) {
            definitions(columns).columnsEnd();
        }
        return this;
    }
}
