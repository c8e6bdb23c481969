package dev.sluice.protocol.auth;

/**
 * What differs from caching_sha2_password in the older sha256_password: there is no fast path, the password itself always
 * travels, over TLS or encrypted by {@link RsaKeys}. Thread-safe: constants only.
 *
 * @see <a href="https://dev.mysql.com/doc/refman/8.0/en/sha256-pluggable-authentication.html">SHA-256 pluggable
 *     authentication</a>
 */
public final class Sha256Password {
    /** The plugin's name on the wire. */
    public static final String NAME = "sha256_password";
    /** The client asks for the server's RSA key. */
    public static final int REQUEST_PUBLIC_KEY = 1;

    private Sha256Password() {}
}
