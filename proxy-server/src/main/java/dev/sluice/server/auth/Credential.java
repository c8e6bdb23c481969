package dev.sluice.server.auth;

import dev.sluice.protocol.auth.CachingSha2Password;
import dev.sluice.protocol.auth.NativePassword;
import java.security.MessageDigest;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/**
 * What Sluice learned about one user's password when the user logged in: enough to log in to a backend as that user.
 * It lives in memory only and never prints itself. Immutable.
 */
public final class Credential {
    private static final SecureRandom RANDOM = new SecureRandom();

    private final LoginName name;
    private final byte @Nullable [] password;
    private final byte @Nullable [] nativeStage1;
    private final byte @Nullable [] sha2Verifier;

    private Credential(LoginName name, byte @Nullable [] password, byte @Nullable [] nativeStage1) {
        this.name = name;
        this.password = password;
        this.nativeStage1 = nativeStage1;
        this.sha2Verifier = password == null ? null : CachingSha2Password.verifier(password);
    }

    /** A credential whose password the client sent in full (over TLS or RSA). Takes ownership of the array. */
    public static Credential ofPassword(LoginName name, byte[] password) {
        return new Credential(name, password, null);
    }

    /** A credential recovered from a mysql_native_password exchange: SHA1(password), which can only answer that plugin. */
    public static Credential ofNativeStage1(LoginName name, byte[] stage1) {
        return new Credential(name, null, stage1);
    }

    /**
     * A credential that is no account's: for a client that has not proved anything, so that the server itself refuses it, says
     * why, and counts it.
     */
    public static Credential ofNobody(LoginName name) {
        byte[] stage1 = new byte[NativePassword.HASH_LENGTH];
        RANDOM.nextBytes(stage1);
        return new Credential(name, null, stage1);
    }

    /** Who logs in with it. */
    public LoginName name() {
        return name;
    }

    /** The user name. */
    public String user() {
        return name.user();
    }

    /** The password in the clear, or null when only its SHA1 is known. */
    public byte @Nullable [] password() {
        return password == null ? null : password.clone();
    }

    /** Whether the password is known to be empty. */
    public boolean isEmpty() {
        return password != null && password.length == 0;
    }

    /** Whether a caching_sha2_password scramble of a client proves this same password. */
    public boolean matchesSha2(byte[] response, byte[] nonce) {
        return sha2Verifier != null && CachingSha2Password.matches(response, nonce, sha2Verifier);
    }

    /** The answer to a mysql_native_password challenge. */
    public byte[] nativeResponse(byte[] nonce) {
        if (nativeStage1 != null) {
            return NativePassword.scrambleFromStage1(nativeStage1, nonce);
        }
        return password == null ? new byte[0] : NativePassword.scramble(password, nonce);
    }

    /** Whether this proves a password that is known in the clear, compared in constant time. */
    public boolean proves(byte[] clear) {
        byte[] stage1 = nativeStage1;
        return stage1 == null ? same(password, clear) : MessageDigest.isEqual(stage1, NativePassword.stage1(clear));
    }

    /** Whether both prove the same password by the same knowledge, compared in constant time. */
    public boolean sameSecret(Credential other) {
        return name.equals(other.name) && same(password, other.password) && same(nativeStage1, other.nativeStage1);
    }

    private static boolean same(byte @Nullable [] a, byte @Nullable [] b) {
        return (a == null && b == null) || (a != null && b != null && MessageDigest.isEqual(a, b));
    }

    @Override
    public String toString() {
        return "Credential[" + name.user() + ", redacted]";
    }
}
