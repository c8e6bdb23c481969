package dev.sluice.protocol.auth;

import java.math.BigInteger;
import java.util.Arrays;

/**
 * What MariaDB's plugin ed25519 computes: the nonce of the server is signed with a key that is made of the password, and the
 * server stores the public half. It is Ed25519 but for the key, which there has 32 bytes, and here as many as the password
 * has. Thread-safe: functions without state.
 *
 * @see <a href="https://mariadb.com/kb/en/authentication-plugin-ed25519/">Authentication plugin ed25519</a>
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8032">RFC 8032</a>
 */
public final class Ed25519Password {
    /** The plugin's name on the wire; accounts have it as {@code ed25519}. */
    public static final String NAME = "client_ed25519";

    /** Bytes of the server's nonce. */
    public static final int NONCE_LENGTH = 32;

    private static final int HALF = 32;

    private Ed25519Password() {}

    /** The client's response to a nonce: a signature of 64 bytes. */
    public static byte[] sign(byte[] password, byte[] nonce) {
        byte[] hash = Digests.sha512(password);
        byte[] key = Arrays.copyOf(hash, HALF);
        byte[] prefix = Arrays.copyOfRange(hash, HALF, 2 * HALF);
        // A multiple of 8, of one length.
        key[0] &= (byte) 0xF8;
        key[HALF - 1] &= 0x3F;
        key[HALF - 1] |= 0x40;
        byte[] publicKey = EdwardsPoint.times(key).encoded();
        BigInteger once = number(Digests.sha512(prefix, nonce)).mod(EdwardsPoint.ORDER);
        byte[] commitment = EdwardsPoint.times(EdwardsPoint.littleEndian(once)).encoded();
        BigInteger challenge =
                number(Digests.sha512(commitment, publicKey, nonce)).mod(EdwardsPoint.ORDER);
        BigInteger answer = challenge.multiply(number(key)).add(once).mod(EdwardsPoint.ORDER);
        byte[] signature = Arrays.copyOf(commitment, 2 * HALF);
        System.arraycopy(EdwardsPoint.littleEndian(answer), 0, signature, HALF, HALF);
        return signature;
    }

    private static BigInteger number(byte[] littleEndian) {
        byte[] bigEndian = new byte[littleEndian.length];
        for (int i = 0; i < bigEndian.length; i++) {
            bigEndian[i] = littleEndian[littleEndian.length - 1 - i];
        }
        return new BigInteger(1, bigEndian);
    }
}
