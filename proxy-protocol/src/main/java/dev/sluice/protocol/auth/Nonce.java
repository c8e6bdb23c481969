package dev.sluice.protocol.auth;

import dev.sluice.protocol.packet.HandshakeV10;
import java.security.SecureRandom;

/**
 * The random bytes a server sends for a password to be scrambled with. Thread-safe: the random source is.
 *
 * @see <a
 *     href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html">auth-plugin-data</a>
 */
public final class Nonce {
    private static final SecureRandom RANDOM = new SecureRandom();

    private Nonce() {}

    /**
     * A fresh nonce of 20 bytes. Clients treat it as a C string and old ones as 7-bit text, so there is no NUL and no high
     * bit; {@code $} separates fields where MySQL stores salts.
     */
    public static byte[] random() {
        byte[] nonce = new byte[HandshakeV10.NONCE_LENGTH];
        RANDOM.nextBytes(nonce);
        for (int i = 0; i < nonce.length; i++) {
            while ((nonce[i] & 0x7F) == 0 || (nonce[i] & 0x7F) == '$') {
                nonce[i] = (byte) RANDOM.nextInt(0x80);
            }
            nonce[i] &= 0x7F;
        }
        return nonce;
    }
}
