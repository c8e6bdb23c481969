package dev.sluice.protocol.response;

import static dev.sluice.protocol.Packets.MAX_PAYLOAD_LENGTH;

import dev.sluice.protocol.ServerStatus;
import dev.sluice.protocol.testing.ClientForm;
import dev.sluice.protocol.testing.Hex;
import dev.sluice.protocol.testing.ReplyKind;
import dev.sluice.protocol.testing.ResponseBytes;

/** Replies that are not recorded, as a server would send them to each kind of client. Thread-safe: functions without state. */
final class GeneratedReplies {
    private static final int AUTOCOMMIT = ServerStatus.SERVER_STATUS_AUTOCOMMIT;
    private static final int CURSOR = AUTOCOMMIT | ServerStatus.SERVER_STATUS_CURSOR_EXISTS;
    private static final byte[] STATE = Hex.bytes("02 01 31");
    private static final byte[] BINARY_ROW = Hex.bytes("00 00 01 78 01 79");
    private static final byte[] DEFINITION =
            Hex.bytes("03646566 0474657374 0174 0174 0269640269640c3f000b0000000303500000 00");
    private static final int FD_BYTES = 70_000;

    private GeneratedReplies() {}

    /** What a server sends to a kind of client. */
    static byte[] reply(ResponseShape shape, ReplyKind kind, ClientForm form) {
        ResponseBytes reply = new ResponseBytes(form.deprecatesEof());
        switch (kind) {
            case ERR -> reply.err(1317, "interrupted");
            case OK_STATE -> okWithState(reply, form);
            case ERR_AFTER_COLUMNS -> reply.columns(2).columnsEnd().err(1317, "interrupted");
            case ERR_AFTER_ROWS -> head(reply, shape).payload(row(shape)).err(1317, "interrupted");
            case END_STATE ->
                head(reply, shape)
                        .payload(row(shape))
                        .rowsEndWithState(status(shape), form.tracksSession() ? STATE : new byte[0]);
            case ROW_FD -> rows(reply, shape, value(0xFD, FD_BYTES));
            case ROW_FE -> rows(reply, shape, value(0xFE, MAX_PAYLOAD_LENGTH + 5));
            case ROW_SPLIT -> {
                // Of exactly the length that wants an empty packet behind it, and of one byte more.
                rows(reply, shape, longRow(MAX_PAYLOAD_LENGTH), longRow(MAX_PAYLOAD_LENGTH + 1));
            }
            default -> throw new IllegalArgumentException(kind + " is not generated");
        }
        return reply.bytes();
    }

    private static void okWithState(ResponseBytes reply, ClientForm form) {
        if (form.tracksSession()) {
            reply.okWithState(AUTOCOMMIT, "", STATE);
        } else {
            reply.ok(0, AUTOCOMMIT);
        }
    }

    private static int status(ResponseShape shape) {
        return shape == ResponseShape.FETCH ? CURSOR : AUTOCOMMIT;
    }

    private static ResponseBytes head(ResponseBytes reply, ResponseShape shape) {
        return shape == ResponseShape.QUERY ? reply.columns(2).columnsEnd() : reply;
    }

    private static byte[] row(ResponseShape shape) {
        return switch (shape) {
            case QUERY -> Hex.bytes("01 31 01 32");
            case FIELD_LIST -> DEFINITION;
            default -> BINARY_ROW;
        };
    }

    private static void rows(ResponseBytes reply, ResponseShape shape, byte[]... rows) {
        head(reply, shape);
        for (byte[] row : rows) {
            reply.payload(row);
        }
        reply.payload(row(shape));
        if (shape == ResponseShape.BINLOG) {
            reply.eof(0, AUTOCOMMIT);
        } else {
            reply.rowsEnd(0, status(shape));
        }
    }

    /** A row with two columns, the first of so many bytes. */
    private static byte[] value(int header, int length) {
        int headerLength = header == 0xFD ? 4 : 9;
        byte[] row = new byte[headerLength + length + 1];
        row[0] = (byte) header;
        row[1] = (byte) length;
        row[2] = (byte) (length >> 8);
        row[3] = (byte) (length >> 16);
        if (header == 0xFE) {
            row[4] = (byte) (length >> 24);
        }
        return row;
    }

    /** What continues it begins like an ERR. */
    private static byte[] longRow(int length) {
        byte[] row = new byte[length];
        if (length > MAX_PAYLOAD_LENGTH) {
            row[MAX_PAYLOAD_LENGTH] = (byte) 0xFF;
        }
        return row;
    }
}
