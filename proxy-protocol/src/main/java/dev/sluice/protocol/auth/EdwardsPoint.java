package dev.sluice.protocol.auth;

import java.math.BigInteger;
import java.util.Arrays;

/**
 * A point of the curve edwards25519 in extended coordinates: x = X/Z, y = Y/Z, xy = T/Z. Whatever is secret is neither
 * branched on nor used as an index. Immutable.
 *
 * <p>A number is 16 limbs of 16 bits, the lowest first, in {@code long}s that may for a while hold more, or less than 0.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8032">RFC 8032</a>
 */
final class EdwardsPoint {
    /** The order of the base point. */
    static final BigInteger ORDER =
            BigInteger.ONE.shiftLeft(252).add(new BigInteger("27742317777372353535851937790883648493"));

    private static final int LIMBS = 16;
    private static final int LIMB_BITS = 16;
    private static final int BITS = 256;
    private static final BigInteger PRIME = BigInteger.ONE.shiftLeft(255).subtract(BigInteger.valueOf(19));
    /** 2 to the 256 is twice 19 modulo the prime. */
    private static final long FOLD = 38;

    private static final BigInteger D = BigInteger.valueOf(-121665)
            .multiply(BigInteger.valueOf(121666).modInverse(PRIME))
            .mod(PRIME);
    private static final long[] TWICE_D = limbs(D.shiftLeft(1).mod(PRIME));
    private static final EdwardsPoint NEUTRAL = affine(BigInteger.ZERO, BigInteger.ONE);
    /** The base point times each power of 2 below 2 to the 256. */
    private static final EdwardsPoint[] POWERS = powers();

    private final long[] x;
    private final long[] y;
    private final long[] z;
    private final long[] t;

    private EdwardsPoint(long[] x, long[] y, long[] z, long[] t) {
        this.x = x;
        this.y = y;
        this.z = z;
        this.t = t;
    }

    private static EdwardsPoint affine(BigInteger x, BigInteger y) {
        return new EdwardsPoint(
                limbs(x), limbs(y), limbs(BigInteger.ONE), limbs(x.multiply(y).mod(PRIME)));
    }

    private static EdwardsPoint[] powers() {
        EdwardsPoint[] powers = new EdwardsPoint[BITS];
        powers[0] = base();
        for (int i = 1; i < BITS; i++) {
            powers[i] = powers[i - 1].plus(powers[i - 1]);
        }
        return powers;
    }

    /** The point with y = 4/5 and the even one of the two possible x. */
    private static EdwardsPoint base() {
        BigInteger y = BigInteger.valueOf(4)
                .multiply(BigInteger.valueOf(5).modInverse(PRIME))
                .mod(PRIME);
        BigInteger ySquare = y.multiply(y);
        BigInteger xSquare = ySquare.subtract(BigInteger.ONE)
                .multiply(D.multiply(ySquare).add(BigInteger.ONE).modInverse(PRIME))
                .mod(PRIME);
        // The prime is 5 modulo 8, so a root is this power, or this power times a root of -1.
        BigInteger x = xSquare.modPow(PRIME.add(BigInteger.valueOf(3)).shiftRight(3), PRIME);
        if (!x.multiply(x).mod(PRIME).equals(xSquare)) {
            BigInteger rootOfMinusOne =
                    BigInteger.TWO.modPow(PRIME.subtract(BigInteger.ONE).shiftRight(2), PRIME);
            x = x.multiply(rootOfMinusOne).mod(PRIME);
        }
        return affine(x.testBit(0) ? PRIME.subtract(x) : x, y);
    }

    /** The base point, as many times as 32 bytes say, the lowest first. */
    static EdwardsPoint times(byte[] scalar) {
        EdwardsPoint sum = NEUTRAL;
        for (int i = 0; i < BITS; i++) {
            EdwardsPoint more = sum.plus(POWERS[i]);
            sum = choose(sum, more, scalar[i >> 3] >> (i & 7) & 1);
        }
        return sum;
    }

    /** The first for 0, the second for 1. */
    private static EdwardsPoint choose(EdwardsPoint zero, EdwardsPoint one, int bit) {
        return new EdwardsPoint(
                choose(zero.x, one.x, bit),
                choose(zero.y, one.y, bit),
                choose(zero.z, one.z, bit),
                choose(zero.t, one.t, bit));
    }

    private static long[] choose(long[] zero, long[] one, int bit) {
        long mask = -(long) bit;
        long[] chosen = new long[LIMBS];
        for (int i = 0; i < LIMBS; i++) {
            chosen[i] = zero[i] ^ (mask & (zero[i] ^ one[i]));
        }
        return chosen;
    }

    /** The sum; the formula holds for equal points and the neutral one, too. */
    EdwardsPoint plus(EdwardsPoint other) {
        long[] a = product(difference(y, x), difference(other.y, other.x));
        long[] b = product(sum(y, x), sum(other.y, other.x));
        long[] c = product(product(t, TWICE_D), other.t);
        long[] d = product(sum(z, z), other.z);
        long[] e = difference(b, a);
        long[] f = difference(d, c);
        long[] g = sum(d, c);
        long[] h = sum(b, a);
        return new EdwardsPoint(product(e, f), product(g, h), product(f, g), product(e, h));
    }

    /** 32 bytes: y, and the lowest bit of x in place of the highest bit. */
    byte[] encoded() {
        long[] inverse = inverse(z);
        BigInteger affineX = number(product(x, inverse));
        BigInteger affineY = number(product(y, inverse));
        byte[] bytes = littleEndian(affineY);
        if (affineX.testBit(0)) {
            bytes[31] |= (byte) 0x80;
        }
        return bytes;
    }

    /** A number below 2 to the 256 as 32 bytes, the lowest first. */
    static byte[] littleEndian(BigInteger number) {
        byte[] bytes = new byte[32];
        byte[] bigEndian = number.toByteArray();
        for (int i = 0; i < Math.min(bytes.length, bigEndian.length); i++) {
            bytes[i] = bigEndian[bigEndian.length - 1 - i];
        }
        return bytes;
    }

    private static long[] limbs(BigInteger number) {
        long[] limbs = new long[LIMBS];
        for (int i = 0; i < LIMBS; i++) {
            limbs[i] = number.shiftRight(LIMB_BITS * i).longValue() & 0xFFFF;
        }
        return limbs;
    }

    private static BigInteger number(long[] limbs) {
        BigInteger number = BigInteger.ZERO;
        for (int i = LIMBS - 1; i >= 0; i--) {
            number = number.shiftLeft(LIMB_BITS).add(BigInteger.valueOf(limbs[i]));
        }
        return number.mod(PRIME);
    }

    private static long[] sum(long[] a, long[] b) {
        long[] sum = new long[LIMBS];
        for (int i = 0; i < LIMBS; i++) {
            sum[i] = a[i] + b[i];
        }
        return sum;
    }

    private static long[] difference(long[] a, long[] b) {
        long[] difference = new long[LIMBS];
        for (int i = 0; i < LIMBS; i++) {
            difference[i] = a[i] - b[i];
        }
        return difference;
    }

    private static long[] product(long[] a, long[] b) {
        long[] wide = new long[2 * LIMBS];
        for (int i = 0; i < LIMBS; i++) {
            for (int j = 0; j < LIMBS; j++) {
                wide[i + j] += a[i] * b[j];
            }
        }
        long[] product = new long[LIMBS];
        for (int i = 0; i < LIMBS; i++) {
            product[i] = wide[i] + FOLD * wide[i + LIMBS];
        }
        carry(product);
        carry(product);
        return product;
    }

    private static void carry(long[] limbs) {
        for (int i = 0; i < LIMBS; i++) {
            long over = limbs[i] >> LIMB_BITS;
            limbs[i] -= over << LIMB_BITS;
            if (i + 1 < LIMBS) {
                limbs[i + 1] += over;
            } else {
                limbs[0] += FOLD * over;
            }
        }
    }

    /** By Fermat: the power of the prime less 2, whose bits are all set but those that 19 and 2 take away. */
    private static long[] inverse(long[] a) {
        BigInteger exponent = PRIME.subtract(BigInteger.TWO);
        long[] power = limbs(BigInteger.ONE);
        for (int i = exponent.bitLength() - 1; i >= 0; i--) {
            power = product(power, power);
            if (exponent.testBit(i)) {
                power = product(power, a);
            }
        }
        return power;
    }

    @Override
    public String toString() {
        return "EdwardsPoint" + Arrays.toString(encoded());
    }
}
