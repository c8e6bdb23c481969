package dev.sluice.protocol.auth;

import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * What caching_sha2_password computes on its fast path. Stage 1 is SHA256(password), which is as good as the password;
 * the verifier is SHA256(stage 1) and proves a response without knowing the password. Thread-safe: functions without state.
 *
 * @see <a
 *     href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html">Caching_sha2_password
 *     information</a>
 */
public final class CachingSha2Password {
    /** The plugin's name on the wire. */
    public static final String NAME = "caching_sha2_password";
    /** The client asks for the server's RSA key. */
    public static final int REQUEST_PUBLIC_KEY = 2;
    /** The server accepted the scramble. */
    public static final int FAST_AUTH_SUCCESS = 3;
    /** The server needs the password itself. */
    public static final int PERFORM_FULL_AUTHENTICATION = 4;

    private static final int HASH_LENGTH = 32;

    private CachingSha2Password() {}

    /** The client's response to a nonce; empty for an empty password. */
    public static byte[] scramble(byte[] password, byte[] nonce) {
        return password.length == 0 ? new byte[0] : scrambleFromStage1(Digests.sha256(password), nonce);
    }

    /** The client's response to a nonce, made without the password. */
    public static byte[] scrambleFromStage1(byte[] stage1, byte[] nonce) {
        return Digests.xor(stage1, Digests.sha256(Digests.sha256(stage1), nonce));
    }

    /** SHA256(SHA256(password)). */
    public static byte[] verifier(byte[] password) {
        return Digests.sha256(Digests.sha256(password));
    }

    /** Whether the response was made with the password behind the verifier; takes the same time wherever they differ. */
    public static boolean matches(byte[] response, byte[] nonce, byte[] verifier) {
        return recoverStage1(response, nonce, verifier) != null;
    }

    /**
     * Proves a client's response and recovers what logs in to other servers with it.
     *
     * @return stage 1, or null if the response was not made with the password behind the verifier
     */
    public static byte @Nullable [] recoverStage1(byte[] response, byte[] nonce, byte[] verifier) {
        if (response.length != HASH_LENGTH || verifier.length != HASH_LENGTH) {
            return null;
        }
        byte[] stage1 = Digests.xor(response, Digests.sha256(verifier, nonce));
        return MessageDigest.isEqual(Digests.sha256(stage1), verifier) ? stage1 : null;
    }
}
