package dev.sluice.protocol.testing;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.HexFormat;

/** Bytes as hexadecimal text and back; blanks and line ends are for the reader. Thread-safe: functions without state. */
public final class Hex {
    private Hex() {}

    /** The bytes that pairs of digits stand for. */
    public static byte[] bytes(String... hex) {
        return HexFormat.of().parseHex(String.join("", hex).replaceAll("\\s+", ""));
    }

    /** The same in a heap buffer that belongs to the garbage collector. */
    public static ByteBuf buffer(String... hex) {
        return Unpooled.wrappedBuffer(bytes(hex));
    }

    /** The readable bytes; indexes do not move. */
    public static String of(ByteBuf buffer) {
        return ByteBufUtil.hexDump(buffer);
    }

    /** Pairs of lower-case digits. */
    public static String of(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
