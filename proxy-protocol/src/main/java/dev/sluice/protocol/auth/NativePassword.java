package dev.sluice.protocol.auth;

import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What mysql_native_password computes. Stage 1 is SHA1(password), which is as good as the password; stage 2 is
 * SHA1(stage 1), which the server stores. Thread-safe: functions without state.
 *
 * @see <a
 *     href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_authentication_methods_native_password_authentication.html">Native
 *     authentication</a>
 */
public final class NativePassword {
    /** The plugin's name on the wire. */
    public static final String NAME = "mysql_native_password";

    /** Bytes of a stage and of a response. */
    public static final int HASH_LENGTH = 20;

    private static final Pattern STORED = Pattern.compile("\\*[0-9A-Fa-f]{40}");

    private NativePassword() {}

    /** Stage 1: what stands for the password everywhere in this plugin. */
    public static byte[] stage1(byte[] password) {
        return Digests.sha1(password);
    }

    /** What a server stores of a password: {@code *} and 40 hexadecimal digits. */
    public static String authenticationString(byte[] password) {
        return "*" + HexFormat.of().withUpperCase().formatHex(Digests.sha1(stage1(password)));
    }

    /** The client's response to a nonce; empty for an empty password. */
    public static byte[] scramble(byte[] password, byte[] nonce) {
        return password.length == 0 ? new byte[0] : scrambleFromStage1(Digests.sha1(password), nonce);
    }

    /** The client's response to a nonce, made without the password. */
    public static byte[] scrambleFromStage1(byte[] stage1, byte[] nonce) {
        return Digests.xor(stage1, Digests.sha1(nonce, Digests.sha1(stage1)));
    }

    /**
     * Proves a client's response and recovers what logs in to other servers with it.
     *
     * @return stage 1, or null if the response was not made with the password behind stage 2
     */
    public static byte @Nullable [] recoverStage1(byte[] response, byte[] nonce, byte[] stage2) {
        if (response.length != HASH_LENGTH || stage2.length != HASH_LENGTH) {
            return null;
        }
        byte[] stage1 = Digests.xor(response, Digests.sha1(nonce, stage2));
        return MessageDigest.isEqual(Digests.sha1(stage1), stage2) ? stage1 : null;
    }

    /** Whether what a server stores has the form of a password of this plugin. */
    public static boolean isAuthenticationString(String stored) {
        return STORED.matcher(stored).matches();
    }

    /**
     * Stage 2 from the server's account table.
     *
     * @param authenticationString {@code *} and 40 hexadecimal digits
     * @throws IllegalArgumentException for anything else; the message does not repeat it
     */
    public static byte[] stage2FromHex(String authenticationString) {
        if (authenticationString.length() != 1 + 2 * HASH_LENGTH || authenticationString.charAt(0) != '*') {
            throw new IllegalArgumentException("expected * and " + 2 * HASH_LENGTH + " hexadecimal digits");
        }
        try {
            return HexFormat.of().parseHex(authenticationString, 1, authenticationString.length());
        } catch (IllegalArgumentException e) {
            // The cause would quote a digit of the hash.
            throw new IllegalArgumentException("expected hexadecimal digits after *");
        }
    }
}
