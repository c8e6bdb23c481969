package dev.sluice.router.sql;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A fixed set of ASCII names, looked up by the bytes of a statement in any case without making a String. Immutable.
 *
 * @param <T> what a name stands for
 */
final class NameTable<T> {
    /** The first eight bytes of the name in each slot; 0 where there is none, which no name folds to. */
    private final long[] firsts;

    private final long[][] keys;
    private final int[] lengths;
    private final Object[] values;
    private final int mask;

    NameTable(Map<String, T> names) {
        int size = Integer.highestOneBit(Math.max(8, names.size())) * 4;
        firsts = new long[size];
        keys = new long[size][];
        lengths = new int[size];
        values = new Object[size];
        mask = size - 1;
        names.forEach(this::put);
    }

    private void put(String name, T value) {
        byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
        long[] key = new long[(bytes.length + 7) / 8];
        for (int i = 0; i < key.length; i++) {
            key[i] = PackedBytes.readFolded(bytes, i * 8, bytes.length - i * 8);
        }
        int slot = slot(key[0], bytes.length);
        while (firsts[slot] != 0) {
            slot = (slot + 1) & mask;
        }
        firsts[slot] = key[0];
        keys[slot] = key;
        lengths[slot] = bytes.length;
        values[slot] = value;
    }

    private int slot(long first, int length) {
        long hash = (first ^ length) * 0x9E37_79B9_7F4A_7C15L;
        return (int) (hash >>> 40) & mask;
    }

    /** What the bytes stand for, or null if they are none of the names. */
    @Nullable
    T find(byte[] bytes, int start, int length) {
        int id = findId(bytes, start, length);
        return id == 0 ? null : get(id);
    }

    /** What a number stands for that {@link #findId} returned; not for 0. */
    @SuppressWarnings("unchecked")
    T get(int id) {
        return (T) values[id - 1];
    }

    /** Mixes the letters of the name with that number, in lower case. */
    void mixName(int id, FingerprintHasher hash) {
        for (long letters : keys[id - 1]) {
            hash.mix(letters);
        }
    }

    /** One more than the highest number that {@link #findId} returns. */
    int idLimit() {
        return values.length + 1;
    }

    /** Whether a number below the limit is that of a name. */
    boolean isId(int id) {
        return id > 0 && values[id - 1] != null;
    }

    /** A positive number for the name, or 0 if the bytes are none of the names. */
    int findId(byte[] bytes, int start, int length) {
        return length == 0 ? 0 : findId(PackedBytes.readFolded(bytes, start, length), bytes, start, length);
    }

    /** The same for who has read the first eight bytes already. */
    int findId(long first, byte[] bytes, int start, int length) {
        int slot = slot(first, length);
        while (firsts[slot] != 0) {
            boolean same = firsts[slot] == first && lengths[slot] == length;
            if (same && (length <= 8 || hasTail(keys[slot], bytes, start, length))) {
                return slot + 1;
            }
            slot = (slot + 1) & mask;
        }
        return 0;
    }

    private static boolean hasTail(long[] key, byte[] bytes, int start, int length) {
        for (int i = 1; i < key.length; i++) {
            if (key[i] != PackedBytes.readFolded(bytes, start + i * 8, length - i * 8)) {
                return false;
            }
        }
        return true;
    }
}
