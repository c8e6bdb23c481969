package dev.sluice.server.session;

import dev.sluice.protocol.Packets;
import dev.sluice.protocol.PayloadReader;
import dev.sluice.protocol.PayloadWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rows that a client gets in place of those of the server that it asked: what is known of its last statement, which ran
 * elsewhere. Columns and status are the server's. Confined to the session's event loop.
 *
 * <p>The answer is collected first, as the client would see it, and written anew when it is whole.
 */
final class RecalledRows {
    private static final int OK = 0x00;
    private static final int ERR = 0xFF;
    private static final int BITMAP_OFFSET = 9;

    private final List<byte[]> rows;
    private @Nullable ByteBuf collected;

    private RecalledRows(List<byte[]> rows) {
        this.rows = rows;
    }

    /**
     * One row of numbers.
     *
     * @param binary whether the client executed a prepared statement
     */
    static RecalledRows ofNumbers(long[] numbers, boolean binary) {
        return new RecalledRows(List.of(payload(out -> {
            if (binary) {
                out.int1(OK).zeros((numbers.length + BITMAP_OFFSET) / Byte.SIZE);
            }
            for (long number : numbers) {
                if (binary) {
                    out.int8(number);
                } else {
                    out.lenencString(Long.toString(number));
                }
            }
        })));
    }

    /**
     * Conditions, as SHOW WARNINGS has shown them.
     *
     * @param binary whether the client executed a prepared statement
     */
    static RecalledRows ofConditions(List<byte[]> conditions, boolean binary) {
        List<byte[]> rows = new ArrayList<>();
        for (byte[] condition : conditions) {
            rows.add(binary ? binary(condition) : condition);
        }
        return new RecalledRows(rows);
    }

    private static byte[] binary(byte[] condition) {
        PayloadReader text = new PayloadReader(io.netty.buffer.Unpooled.wrappedBuffer(condition));
        byte[] level = text.lenencBytes("level");
        int code = Integer.parseInt(text.lenencString("code"));
        byte[] message = text.lenencBytes("message");
        return payload(
                out -> out.int1(OK).zeros(1).lenencBytes(level).int4(code).lenencBytes(message));
    }

    /** A row that says what an error packet has said. */
    static byte[] condition(String level, int code, String message) {
        return payload(out ->
                out.lenencString(level).lenencString(Integer.toString(code)).lenencString(message));
    }

    private interface Content {
        void write(PayloadWriter out);
    }

    private static byte[] payload(Content content) {
        ByteBuf out = io.netty.buffer.Unpooled.buffer();
        content.write(new PayloadWriter(out));
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        out.release();
        return bytes;
    }

    /** Takes the next bytes of the server's answer, and the reference to them. */
    void collect(ByteBufAllocator allocator, ByteBuf bytes) {
        ByteBuf all = collected;
        if (all == null) {
            all = allocator.buffer();
            collected = all;
        }
        all.writeBytes(bytes);
        bytes.release();
    }

    /** Nothing more will come. */
    void drop() {
        ByteBuf all = collected;
        collected = null;
        if (all != null) {
            all.release();
        }
    }

    /**
     * The whole answer with other rows; an answer without rows as it is.
     *
     * @param deprecatesEof whether the client does without the packet between columns and rows
     */
    ByteBuf rewritten(ByteBufAllocator allocator, boolean deprecatesEof) {
        ByteBuf answer = collected;
        collected = null;
        if (answer == null) {
            return allocator.buffer(0);
        }
        int first = answer.getUnsignedByte(Packets.HEADER_LENGTH);
        int definitions = hasNoDefinitions(answer) ? 0 : first;
        int head = first == OK || first == ERR ? 0 : endOf(answer, 0, 1 + definitions + (deprecatesEof ? 0 : 1));
        int end = head == 0 ? 0 : lastPacket(answer, head);
        if (head == 0 || answer.getUnsignedByte(end + Packets.HEADER_LENGTH) == ERR) {
            return answer;
        }
        ByteBuf out = allocator.buffer();
        int lastOfHead = lastPacket(answer.slice(0, head), 0);
        int sequenceId = answer.getUnsignedByte(lastOfHead + Packets.HEADER_LENGTH - 1) + 1;
        out.writeBytes(answer, 0, head);
        for (byte[] row : rows) {
            int header = Packets.begin(out, sequenceId++ & 0xFF);
            out.writeBytes(row);
            Packets.end(out, header);
        }
        int terminator = out.writerIndex();
        out.writeBytes(answer, end, answer.writerIndex() - end);
        out.setByte(terminator + Packets.HEADER_LENGTH - 1, sequenceId);
        answer.release();
        return out;
    }

    /** A client that can do without is told so behind the number of columns. */
    private static boolean hasNoDefinitions(ByteBuf answer) {
        return answer.getUnsignedMediumLE(0) == 2 && answer.getByte(Packets.HEADER_LENGTH + 1) == 0;
    }

    /** The index behind so many packets. */
    private static int endOf(ByteBuf packets, int from, int count) {
        int index = from;
        for (int i = 0; i < count; i++) {
            index += Packets.HEADER_LENGTH + packets.getUnsignedMediumLE(index);
        }
        return index;
    }

    /** Where the last packet starts. */
    private static int lastPacket(ByteBuf packets, int from) {
        int start = from;
        int next = endOf(packets, start, 1);
        while (next < packets.writerIndex()) {
            start = next;
            next = endOf(packets, start, 1);
        }
        return start;
    }
}
