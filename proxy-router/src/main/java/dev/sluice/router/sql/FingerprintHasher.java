package dev.sluice.router.sql;

/**
 * A 128-bit hash over a sequence of numbers: two lanes with different multipliers. Not meant to resist an adversary; a
 * cached decision is only ever consulted for statements that show no forbidding trait themselves.
 * Confined to the session's event loop.
 */
final class FingerprintHasher {
    private static final long SEED_A = 0x243F_6A88_85A3_08D3L;
    private static final long SEED_B = 0x1319_8A2E_0370_7344L;

    long a;
    long b;

    void reset() {
        a = SEED_A;
        b = SEED_B;
    }

    void set(long newA, long newB) {
        a = newA;
        b = newB;
    }

    void mix(long value) {
        long mixedA = (a ^ value) * 0x9E37_79B9_7F4A_7C15L;
        a = mixedA ^ (mixedA >>> 29);
        b = Long.rotateLeft((b + value) * 0xC2B2_AE3D_27D4_EB4FL, 31);
    }

    /** Mixes bytes and a number that says what they are. */
    void mixBytes(byte[] bytes, int start, int length, int tag) {
        int index = start;
        int left = length;
        while (left > PackedBytes.SIZE) {
            mix(PackedBytes.readEight(bytes, index));
            index += PackedBytes.SIZE;
            left -= PackedBytes.SIZE;
        }
        long last = left == 0 ? 0 : PackedBytes.read(bytes, index, left);
        mix(last ^ ((((long) tag << 32) | length) * 0xD6E8_FEB8_6659_FD93L));
    }

    long high() {
        return avalanche(a ^ Long.rotateLeft(b, 17));
    }

    long low() {
        return avalanche(b + a);
    }

    private static long avalanche(long value) {
        long h = (value ^ (value >>> 32)) * 0xD6E8_FEB8_6659_FD93L;
        h = (h ^ (h >>> 32)) * 0xD6E8_FEB8_6659_FD93L;
        return h ^ (h >>> 32);
    }
}
