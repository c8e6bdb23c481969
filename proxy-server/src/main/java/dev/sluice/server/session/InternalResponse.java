package dev.sluice.server.session;

import static dev.sluice.protocol.Packets.HEADER_LENGTH;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.PayloadReader;
import dev.sluice.protocol.ProtocolException;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.protocol.response.ResponseScanner;
import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.protocol.response.Step;
import dev.sluice.server.backend.BackendFailure;
import dev.sluice.server.backend.PendingResponse;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a command of Sluice's own, which no client sees: whether it succeeded, and the one value of its one row if
 * it has one. Confined to the session's event loop.
 */
abstract class InternalResponse extends PendingResponse {
    private static final int RELAYED_BYTES_MAX = 4096;

    private final ResponseShape shape;
    private final int relayedBytesMax;
    private @Nullable ErrPacket error;
    private byte[] collected = new byte[0];
    private int status;

    InternalResponse(ResponseShape shape) {
        this(shape, RELAYED_BYTES_MAX);
    }

    /** @param relayedBytesMax the bytes of columns and rows at most; more is taken for a broken protocol */
    InternalResponse(ResponseShape shape, int relayedBytesMax) {
        this.shape = shape;
        this.relayedBytesMax = relayedBytesMax;
    }

    /** The server answered. */
    abstract void answered();

    /** The server's error, or null when it answered OK. */
    final @Nullable ErrPacket error() {
        return error;
    }

    /** The status flags of the answer; not meaningful after an error. */
    final int status() {
        return status;
    }

    /** Called with an OK of this answer while its bytes are at hand, for reading trackers. */
    void okSeen(ResponseScanner scanner, ByteBuf in) {}

    /** The single value of the single row in text form; null when there is no row or the value is NULL. */
    final @Nullable String value() {
        int index = 0;
        // Column count, one column definition, one row.
        for (int packet = 0; packet < packetsBeforeRows(1) && index + HEADER_LENGTH <= collected.length; packet++) {
            index += HEADER_LENGTH + ((collected[index] & 0xFF) | ((collected[index + 1] & 0xFF) << 8));
        }
        int value = index + HEADER_LENGTH;
        if (value >= collected.length) {
            return null;
        }
        int length = collected[value] & 0xFF;
        return length >= 0xFB ? null : new String(collected, value + 1, length, StandardCharsets.UTF_8);
    }

    /** The first column of every row of a result with one column, in text form. */
    final List<String> values() {
        List<String> values = new ArrayList<>();
        ByteBuf packets = Unpooled.wrappedBuffer(collected);
        for (int packet = 0; packets.readableBytes() >= HEADER_LENGTH; packet++) {
            ByteBuf payload = packets.skipBytes(HEADER_LENGTH)
                    .readSlice(Math.min(
                            packets.readableBytes(),
                            packets.getUnsignedMediumLE(packets.readerIndex() - HEADER_LENGTH)));
            // Column count, one column definition, rows.
            if (packet >= packetsBeforeRows(1)) {
                values.add(new PayloadReader(payload).lenencString("row"));
            }
        }
        return values;
    }

    /** The rows of a result with so many columns, as the server has sent them. */
    final List<byte[]> rows(int columns) {
        List<byte[]> rows = new ArrayList<>();
        ByteBuf packets = Unpooled.wrappedBuffer(collected);
        for (int packet = 0; packets.readableBytes() >= HEADER_LENGTH; packet++) {
            byte[] payload = new byte[packets.getUnsignedMediumLE(packets.readerIndex())];
            packets.skipBytes(HEADER_LENGTH).readBytes(payload);
            // Column count, column definitions, rows.
            if (packet >= packetsBeforeRows(columns)) {
                rows.add(payload);
            }
        }
        return rows;
    }

    /** The two columns of every row of a result with two columns, in text form. */
    final Map<String, String> pairs() {
        Map<String, String> pairs = new LinkedHashMap<>();
        ByteBuf packets = Unpooled.wrappedBuffer(collected);
        for (int packet = 0; packets.readableBytes() >= HEADER_LENGTH; packet++) {
            int length = packets.getUnsignedMediumLE(packets.readerIndex());
            PayloadReader payload =
                    new PayloadReader(packets.skipBytes(HEADER_LENGTH).readSlice(length));
            // Column count, two column definitions, rows.
            if (packet >= packetsBeforeRows(2)) {
                pairs.put(payload.lenencString("name"), payload.lenencString("value"));
            }
        }
        return pairs;
    }

    /** A session may go without definitions, which is said behind the column count, where nothing is said otherwise. */
    private int packetsBeforeRows(int columns) {
        boolean without =
                collected.length > HEADER_LENGTH + 1 && collected[0] == 2 && collected[HEADER_LENGTH + 1] == 0;
        return without ? 1 : 1 + columns;
    }

    @Override
    public final ResponseShape shape() {
        return shape;
    }

    @Override
    public final boolean consume(ResponseScanner scanner, ByteBuf in) {
        if (scanner.isUntouched()) {
            error = null;
            collected = new byte[0];
        }
        while (!scanner.isComplete()) {
            int start = in.readerIndex();
            Step step = scanner.next(in);
            switch (step) {
                case NEED_MORE -> {
                    return false;
                }
                case ERR ->
                    error = ErrPacket.decode(
                            in.slice(scanner.packetStart() + HEADER_LENGTH, scanner.packetLength() - HEADER_LENGTH),
                            Capabilities.CLIENT_PROTOCOL_41);
                case RELAY -> collect(in, start);
                case OK, ROWS_END, EOF_PACKET -> {
                    status = scanner.status();
                    okSeen(scanner, in);
                }
                default -> {}
            }
        }
        return false;
    }

    private void collect(ByteBuf in, int start) {
        int length = in.readerIndex() - start;
        if (collected.length + length > relayedBytesMax) {
            throw new ProtocolException("an internal query returned more than " + relayedBytesMax + " bytes");
        }
        int old = collected.length;
        collected = Arrays.copyOf(collected, old + length);
        in.getBytes(start, collected, old, length);
    }

    @Override
    public final void completed() {
        answered();
    }

    @Override
    public void failed(BackendFailure failure) {
        // Whoever owns the connection is told by backendClosed.
    }
}
