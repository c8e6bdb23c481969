package dev.sluice.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;

/**
 * Appends the protocol's integers and strings to a payload. Confined to the session's event loop.
 *
 * @see <a
 *     href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_data_types.html">Basic data types</a>
 */
public final class PayloadWriter {
    private final ByteBuf out;

    /** Appends at the buffer's writer index. */
    public PayloadWriter(ByteBuf out) {
        this.out = out;
    }

    /** The low byte. */
    public PayloadWriter int1(int value) {
        out.writeByte(value);
        return this;
    }

    /** The low two bytes. */
    public PayloadWriter int2(int value) {
        out.writeShortLE(value);
        return this;
    }

    /** The low three bytes. */
    public PayloadWriter int3(int value) {
        out.writeMediumLE(value);
        return this;
    }

    /** The low four bytes. */
    public PayloadWriter int4(long value) {
        out.writeIntLE((int) value);
        return this;
    }

    /** Eight bytes. */
    public PayloadWriter int8(long value) {
        out.writeLongLE(value);
        return this;
    }

    /** The shortest length-encoded form of an unsigned value. */
    public PayloadWriter lenenc(long value) {
        if (value < 0) {
            int1(0xFE).int8(value);
        } else if (value < 0xFB) {
            int1((int) value);
        } else if (value <= 0xFFFF) {
            int1(0xFC).int2((int) value);
        } else if (value <= 0xFFFFFF) {
            int1(0xFD).int3((int) value);
        } else {
            int1(0xFE).int8(value);
        }
        return this;
    }

    /** Bytes as they are. */
    public PayloadWriter bytes(byte[] bytes) {
        out.writeBytes(bytes);
        return this;
    }

    /** Bytes preceded by their length. */
    public PayloadWriter lenencBytes(byte[] bytes) {
        return lenenc(bytes.length).bytes(bytes);
    }

    /** UTF-8 text preceded by its length in bytes. */
    public PayloadWriter lenencString(String text) {
        return lenencBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Bytes followed by a NUL.
     *
     * @throws IllegalArgumentException if the bytes contain a NUL, since the reader would stop there
     */
    public PayloadWriter nulBytes(byte[] bytes) {
        for (byte b : bytes) {
            if (b == 0) {
                throw new IllegalArgumentException("a NUL-terminated field cannot contain a NUL");
            }
        }
        return bytes(bytes).int1(0);
    }

    /** UTF-8 text followed by a NUL. */
    public PayloadWriter nulString(String text) {
        return nulBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    /** UTF-8 text that ends with the payload. */
    public PayloadWriter eofString(String text) {
        ByteBufUtil.writeUtf8(out, text);
        return this;
    }

    /** So many zero bytes. */
    public PayloadWriter zeros(int count) {
        out.writeZero(count);
        return this;
    }
}
