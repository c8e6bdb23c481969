package dev.sluice.router.sql;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Up to eight bytes of an array as one number, the first of them in its low end: what makes hashing words and finding
 * their ends cheap. Immutable.
 *
 * <p>Tests of all eight bytes at once work on seven bits of each, so that nothing is carried from one to the next, and
 * leave their answer in the eighth.
 */
final class PackedBytes {
    /** How many bytes a number holds. */
    static final int SIZE = 8;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final long EACH = 0x0101_0101_0101_0101L;
    private static final long TOP_BITS = 0x8080_8080_8080_8080L;
    private static final long LOW_BITS = 0x7F * EACH;
    /** A letter's case bit in each byte: or-ing it folds case and keeps the other characters of names apart. */
    private static final long CASE_BITS = 0x20 * EACH;

    private PackedBytes() {}

    /** The eight bytes from {@code index} on, all of which have to be in the array. */
    static long readEight(byte[] bytes, int index) {
        return (long) LONGS.get(bytes, index);
    }

    /** The bytes from {@code index}, at most eight and at least one. */
    static long read(byte[] bytes, int index, int length) {
        if (index + SIZE <= bytes.length) {
            return first(readEight(bytes, index), length);
        }
        long packed = 0;
        for (int i = Math.min(length, SIZE) - 1; i >= 0; i--) {
            packed = (packed << 8) | (bytes[index + i] & 0xFF);
        }
        return packed;
    }

    /** The same with ASCII letters in lower case. Only distinct for characters that may stand in names. */
    static long readFolded(byte[] bytes, int index, int length) {
        return folded(read(bytes, index, length), length);
    }

    /** The first bytes of a number, at most eight and at least one; the others are 0. */
    static long first(long packed, int length) {
        return packed & (-1L >>> (-8 * Math.min(length, SIZE)));
    }

    /** The first bytes of a number with ASCII letters in lower case, as {@link #readFolded} has them. */
    static long folded(long packed, int length) {
        return packed | first(CASE_BITS, length);
    }

    /** How many bytes from the first on are neither of two ASCII characters. */
    static int runWithout(long packed, int one, int other) {
        long low = packed & LOW_BITS;
        return run(~(same(low, one) | same(low, other)) | packed);
    }

    /** The top bit of each byte of seven bits that is this character. */
    private static long same(long low, int character) {
        return ~((low ^ character * EACH) + LOW_BITS);
    }

    private static int run(long topBits) {
        return Long.numberOfTrailingZeros(~topBits & TOP_BITS) >>> 3;
    }
}
