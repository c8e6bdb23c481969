package dev.sluice.protocol.packet;

import io.netty.buffer.ByteBuf;

/**
 * The attributes that stand between the command byte and the text of a COM_QUERY of clients with CLIENT_QUERY_ATTRIBUTES.
 * Read in place by absolute index, so that nothing is allocated. Thread-safe: functions without state.
 *
 * @see <a href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query.html">COM_QUERY</a>
 */
public final class QueryAttributes {
    /** There is no text: the bytes are not what the protocol allows. */
    public static final int MALFORMED = -1;

    /** No attributes, in two bytes: their number, and the number of their sets, which is always one. */
    public static final int NONE_BYTES = 2;

    private static final int NONE = 0x0100;
    private static final int A_STRING = -2;
    private static final int COUNT_MAX = 0xFFFF;
    /** Every server and client uses lengths of this many bytes at most. */
    private static final int LENENC_BYTES_MAX = 4;

    private QueryAttributes() {}

    /** Appends that there are no attributes. */
    public static void writeNone(ByteBuf out) {
        out.writeShortLE(NONE);
    }

    /** Whether the bytes at the index say that there are no attributes, as nearly all do. */
    public static boolean areNone(ByteBuf in, int index, int limit) {
        return limit - index >= NONE_BYTES && in.getUnsignedShortLE(index) == NONE;
    }

    /**
     * The index of the statement's text.
     *
     * @param index behind the command byte
     * @param limit the end of the packet
     * @return {@link #MALFORMED} if the attributes are not whole and certain: where they end decides what is executed
     */
    public static int textIndex(ByteBuf in, int index, int limit) {
        if (areNone(in, index, limit)) {
            return index + NONE_BYTES;
        }
        int at = skipLenenc(in, index, limit);
        long count = at == MALFORMED ? COUNT_MAX + 1L : lenenc(in, index);
        if (count > COUNT_MAX || at >= limit || in.getByte(at) != 1) {
            return MALFORMED;
        }
        return count == 0 ? at + 1 : behindValues(in, at + 1, limit, (int) count);
    }

    private static int behindValues(ByteBuf in, int bitmap, int limit, int count) {
        int flag = bitmap + (count + 7) / 8;
        if (flag >= limit || in.getByte(flag) != 1) {
            return MALFORMED;
        }
        int type = flag + 1;
        int value = type;
        for (int i = 0; i < count && value != MALFORMED; i++) {
            value = skipString(in, value + 2, limit);
        }
        for (int i = 0; i < count && value != MALFORMED; i++) {
            boolean isNull = (in.getByte(bitmap + i / 8) >> (i % 8) & 1) != 0;
            if (!isNull) {
                value = skipValue(in, value, limit, in.getUnsignedByte(type));
            }
            type = skipString(in, type + 2, limit);
        }
        return value;
    }

    /** The index behind a value in binary form, or {@link #MALFORMED}. */
    private static int skipValue(ByteBuf in, int index, int limit, int type) {
        int length = switch (type) {
            // TINY; SHORT, YEAR; LONG, FLOAT, INT24; DOUBLE, LONGLONG
            case 1 -> 1;
            case 2, 13 -> 2;
            case 3, 4, 9 -> 4;
            case 5, 8 -> 8;
            // TIMESTAMP, DATE, TIME, DATETIME: a length in one byte, then as much
            case 7, 10, 11, 12 -> index < limit ? 1 + in.getUnsignedByte(index) : limit;
            // DECIMAL, VARCHAR, BIT, VECTOR, JSON, NEWDECIMAL, ENUM, SET, the BLOBs, VAR_STRING, STRING, GEOMETRY
            case 0, 15, 16, 242, 245, 246, 247, 248, 249, 250, 251, 252, 253, 254, 255 -> A_STRING;
            default -> Integer.MAX_VALUE;
        };
        if (length == A_STRING) {
            return skipString(in, index, limit);
        }
        return length > limit - index ? MALFORMED : index + length;
    }

    /** The index behind a string with its length in front, or {@link #MALFORMED}. */
    public static int skipString(ByteBuf in, int index, int limit) {
        int start = skipLenenc(in, index, limit);
        if (start == MALFORMED) {
            return MALFORMED;
        }
        long length = lenenc(in, index);
        return length > limit - start ? MALFORMED : start + (int) length;
    }

    /** The index behind a length-encoded number of at most three bytes, or {@link #MALFORMED}. */
    public static int skipLenenc(ByteBuf in, int index, int limit) {
        if (index < 0 || index >= limit) {
            return MALFORMED;
        }
        int first = in.getUnsignedByte(index);
        int length = first < 0xFB ? 1 : first == 0xFC ? 3 : first == 0xFD ? LENENC_BYTES_MAX : Integer.MAX_VALUE;
        return length > limit - index ? MALFORMED : index + length;
    }

    /** The length-encoded number at the index, which is whole. */
    public static long lenenc(ByteBuf in, int index) {
        int first = in.getUnsignedByte(index);
        return first == 0xFC
                ? in.getUnsignedShortLE(index + 1)
                : first == 0xFD ? in.getUnsignedMediumLE(index + 1) : first;
    }
}
