package dev.sluice.protocol;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * A cursor over one payload that turns every attempt to read past its end into a {@link ProtocolException} naming the
 * field. Reading advances the buffer's reader index; the buffer is not released. Confined to the session's event loop.
 *
 * @see <a
 *     href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_data_types.html">Basic data types</a>
 */
public final class PayloadReader {
    private static final int NULL_VALUE = 0xFB;

    private final ByteBuf in;

    /** Reads from the buffer's reader index up to its writer index. */
    public PayloadReader(ByteBuf in) {
        this.in = in;
    }

    /** Bytes left. */
    public int remaining() {
        return in.readableBytes();
    }

    /** The next byte, unsigned, without consuming it. */
    public int peek(String field) {
        require(1, field);
        return in.getUnsignedByte(in.readerIndex());
    }

    /** An unsigned integer of one byte. */
    public int int1(String field) {
        require(1, field);
        return in.readUnsignedByte();
    }

    /** An unsigned integer of two bytes. */
    public int int2(String field) {
        require(2, field);
        return in.readUnsignedShortLE();
    }

    /** An unsigned integer of three bytes. */
    public int int3(String field) {
        require(3, field);
        return in.readUnsignedMediumLE();
    }

    /** An unsigned integer of four bytes. */
    public long int4(String field) {
        require(4, field);
        return in.readUnsignedIntLE();
    }

    /** Eight bytes; values above {@link Long#MAX_VALUE} come out negative and are to be read as unsigned. */
    public long int8(String field) {
        require(8, field);
        return in.readLongLE();
    }

    /** A length-encoded integer of up to eight bytes; values above {@link Long#MAX_VALUE} come out negative. */
    public long lenenc(String field) {
        int offset = in.readerIndex();
        int first = int1(field);
        if (first < NULL_VALUE) {
            return first;
        }
        return switch (first) {
            case 0xFC -> int2(field);
            case 0xFD -> int3(field);
            case 0xFE -> int8(field);
            default -> throw new ProtocolException(field, "a length-encoded integer", hex(first), offset);
        };
    }

    /** Bytes preceded by their length as a length-encoded integer. */
    public byte[] lenencBytes(String field) {
        int offset = in.readerIndex();
        long length = lenenc(field);
        if (length < 0 || length > remaining()) {
            throw new ProtocolException(
                    field, Long.toUnsignedString(length) + " bytes", remaining() + " bytes", offset);
        }
        return read((int) length);
    }

    /** UTF-8 text preceded by its length as a length-encoded integer. */
    public String lenencString(String field) {
        return utf8(lenencBytes(field));
    }

    /** Exactly so many bytes. */
    public byte[] bytes(int length, String field) {
        require(length, field);
        return read(length);
    }

    /** Bytes up to a NUL, which is consumed and not returned. */
    public byte[] nulBytes(String field) {
        int length = in.bytesBefore((byte) 0);
        if (length < 0) {
            throw new ProtocolException(field, "a NUL terminator", "end of the payload", in.writerIndex());
        }
        byte[] bytes = read(length);
        in.skipBytes(1);
        return bytes;
    }

    /** UTF-8 text up to a NUL, which is consumed. */
    public String nulString(String field) {
        return utf8(nulBytes(field));
    }

    /** Everything that is left. */
    public byte[] eofBytes() {
        return read(remaining());
    }

    /** Everything that is left, as UTF-8 text. */
    public String eofString() {
        return utf8(eofBytes());
    }

    /** Passes over so many bytes. */
    public void skip(int length, String field) {
        require(length, field);
        in.skipBytes(length);
    }

    /** Consumes one byte that must have the given value. */
    public void expect(int value, String field) {
        int offset = in.readerIndex();
        int found = int1(field);
        if (found != value) {
            throw new ProtocolException(field, hex(value), hex(found), offset);
        }
    }

    /** Fails if anything is left over: a payload with more than its fields was not understood. */
    public void expectEnd(String packet) {
        if (remaining() > 0) {
            throw new ProtocolException(packet, "end of the payload", remaining() + " more bytes", in.readerIndex());
        }
    }

    private void require(int length, String field) {
        if (length > in.readableBytes()) {
            throw new ProtocolException(field, length + " bytes", remaining() + " bytes", in.readerIndex());
        }
    }

    private byte[] read(int length) {
        byte[] bytes = new byte[length];
        in.readBytes(bytes);
        return bytes;
    }

    private static String utf8(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static String hex(int value) {
        return String.format("0x%02X", value);
    }
}
