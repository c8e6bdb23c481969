package dev.sluice.router.sql;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Reads up to eight bytes of an array as one number, which is what makes hashing words cheap. Immutable. */
final class PackedBytes {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    /** A letter's case bit in each byte: or-ing it folds case and keeps the other characters of names apart. */
    private static final long CASE_BITS = 0x2020_2020_2020_2020L;

    private PackedBytes() {}

    /** The bytes from {@code index}, at most eight and at least one, in the low end of a long. */
    static long read(byte[] bytes, int index, int length) {
        if (length >= 8) {
            return (long) LONGS.get(bytes, index);
        }
        if (index + 8 <= bytes.length) {
            return (long) LONGS.get(bytes, index) >>> (64 - 8 * length);
        }
        long packed = 0;
        for (int i = index; i < index + length; i++) {
            packed = (packed << 8) | (bytes[i] & 0xFF);
        }
        return packed;
    }

    /** The same with ASCII letters in lower case. Only distinct for characters that may stand in names. */
    static long readFolded(byte[] bytes, int index, int length) {
        long mask = length >= 8 ? CASE_BITS : CASE_BITS >>> (64 - 8 * length);
        return read(bytes, index, length) | mask;
    }
}
