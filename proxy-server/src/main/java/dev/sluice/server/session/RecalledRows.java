package dev.sluice.server.session;

import dev.sluice.protocol.Packets;
import dev.sluice.protocol.PayloadReader;
import dev.sluice.protocol.PayloadWriter;
import dev.sluice.protocol.ProtocolException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;
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
    /** Far more than any server has to say about a statement: one that says more would fill the memory. */
    private static final int ANSWER_BYTES_MAX = 1 << 20;

    /** Makes the rows. */
    private interface Rows {
        /** @param answered the content of the server's first row; null if it has none */
        List<byte[]> instead(@Nullable ByteBuf answered);
    }

    private final Rows rows;
    private @Nullable ByteBuf collected;

    private RecalledRows(Rows rows) {
        this.rows = rows;
    }

    /**
     * One row of numbers, unless the server has none.
     *
     * @param numbers null stands for the number that the server has there
     * @param binary whether the client executed a prepared statement
     */
    static RecalledRows ofNumbers(@Nullable Long[] numbers, boolean binary) {
        return new RecalledRows(answered -> answered == null ? List.of() : List.of(numbers(numbers, answered, binary)));
    }

    private static byte[] numbers(@Nullable Long[] numbers, ByteBuf answered, boolean binary) {
        PayloadReader server = new PayloadReader(answered);
        int head = binary ? 1 + (numbers.length + BITMAP_OFFSET) / Byte.SIZE : 0;
        server.skip(head, "head of the row");
        return payload(out -> {
            out.zeros(head);
            for (Long number : numbers) {
                if (binary) {
                    long theirs = server.int8("number");
                    out.int8(number == null ? theirs : number);
                } else {
                    byte[] theirs = server.lenencBytes("number");
                    out.lenencBytes(number == null ? theirs : digits(number));
                }
            }
        });
    }

    /** One row in binary form with one number of whatever width the server has for it. */
    static RecalledRows ofOneNumber(long number) {
        return new RecalledRows(answered -> answered == null ? List.of() : List.of(oneNumber(number, answered)));
    }

    private static byte[] oneNumber(long number, ByteBuf answered) {
        byte[] row = new byte[answered.readableBytes()];
        answered.getBytes(answered.readerIndex(), row);
        // Behind the head of the row and the bitmap of one column.
        for (int i = 2; i < row.length; i++) {
            row[i] = (byte) (number >>> (Byte.SIZE * (i - 2)));
        }
        return row;
    }

    private static byte[] digits(long number) {
        return Long.toString(number).getBytes(StandardCharsets.US_ASCII);
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
        return new RecalledRows(answered -> rows);
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

    /**
     * Takes the next bytes of the server's answer, and the reference to them.
     *
     * @throws ProtocolException if it gets too long
     */
    void collect(ByteBufAllocator allocator, ByteBuf bytes) {
        ByteBuf all = collected;
        if (all != null && all.readableBytes() + bytes.readableBytes() > ANSWER_BYTES_MAX) {
            bytes.release();
            throw new ProtocolException(
                    "the answer about the last statement has more than " + ANSWER_BYTES_MAX + " bytes");
        }
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
        boolean hasRow = end > head;
        ByteBuf firstRow = hasRow ? answer.slice(head + Packets.HEADER_LENGTH, answer.getUnsignedMediumLE(head)) : null;
        for (byte[] row : rows.instead(firstRow)) {
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
