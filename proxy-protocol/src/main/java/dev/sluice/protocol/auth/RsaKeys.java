package dev.sluice.protocol.auth;

import dev.sluice.protocol.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Cipher;

/**
 * A key pair with which clients send their password over a connection without TLS: NUL-terminated, mixed with the nonce
 * so that a recording cannot be replayed, then encrypted with RSA-OAEP. Thread-safe: every call has a cipher of its own.
 *
 * @see <a
 *     href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html">Caching_sha2_password
 *     information</a>
 */
public final class RsaKeys {
    private static final int KEY_BITS = 2048;
    private static final String TRANSFORMATION = "RSA/ECB/OAEPWithSHA-1AndMGF1Padding";
    private static final String PEM_BEGIN = "-----BEGIN PUBLIC KEY-----";
    private static final String PEM_END = "-----END PUBLIC KEY-----";
    private static final int PEM_LINE_LENGTH = 64;

    private final KeyPair keys;
    private final String publicKeyPem;

    /** Wraps an RSA key pair of 2048 bits, the size that clients expect. */
    public RsaKeys(KeyPair keys) {
        this.keys = keys;
        Base64.Encoder encoder = Base64.getMimeEncoder(PEM_LINE_LENGTH, new byte[] {'\n'});
        publicKeyPem =
                PEM_BEGIN + "\n" + encoder.encodeToString(keys.getPublic().getEncoded()) + "\n" + PEM_END + "\n";
    }

    /** A new pair of 2048 bits; takes a noticeable part of a second, so not on an event loop. */
    public static RsaKeys generate() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(KEY_BITS);
            return new RsaKeys(generator.generateKeyPair());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("RSA is part of every Java platform", e);
        }
    }

    /** The public key as the text that is sent to clients. */
    public String publicKeyPem() {
        return publicKeyPem;
    }

    /**
     * The password a client encrypted.
     *
     * @throws ProtocolException if it was not encrypted with this key and nonce; always with the same message, since a
     *     difference would help to decrypt other messages
     */
    public byte[] decryptPassword(byte[] encrypted, byte[] nonce) {
        byte[] plain;
        try {
            Cipher cipher = Cipher.getInstance(TRANSFORMATION);
            cipher.init(Cipher.DECRYPT_MODE, keys.getPrivate());
            plain = mix(cipher.doFinal(encrypted), nonce);
        } catch (GeneralSecurityException e) {
            throw undecryptable();
        }
        if (plain.length == 0 || plain[plain.length - 1] != 0) {
            throw undecryptable();
        }
        byte[] password = Arrays.copyOf(plain, plain.length - 1);
        Arrays.fill(plain, (byte) 0);
        return password;
    }

    /**
     * What a client sends to a server that gave this public key.
     *
     * @throws ProtocolException if the text is no RSA public key, or the key is too short for the password
     */
    public static byte[] encryptPassword(byte[] password, byte[] nonce, String pem) {
        byte[] plain = mix(Arrays.copyOf(password, password.length + 1), nonce);
        try {
            Cipher cipher = Cipher.getInstance(TRANSFORMATION);
            cipher.init(Cipher.ENCRYPT_MODE, parse(pem));
            return cipher.doFinal(plain);
        } catch (GeneralSecurityException e) {
            throw new ProtocolException("RSA public key", "a key that fits the password", "another", 0);
        } finally {
            Arrays.fill(plain, (byte) 0);
        }
    }

    private static PublicKey parse(String pem) throws GeneralSecurityException {
        int begin = pem.indexOf(PEM_BEGIN);
        int end = pem.indexOf(PEM_END);
        if (begin < 0 || end < begin) {
            throw new ProtocolException("RSA public key", "PEM", pem.length() + " other characters", 0);
        }
        String body = pem.substring(begin + PEM_BEGIN.length(), end);
        try {
            byte[] der = Base64.getMimeDecoder().decode(body.getBytes(StandardCharsets.US_ASCII));
            return KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(der));
        } catch (IllegalArgumentException e) {
            throw new ProtocolException("RSA public key", "base64", "other characters", 0);
        }
    }

    /** Exclusive or with the nonce, over and over; undoes itself. */
    private static byte[] mix(byte[] bytes, byte[] nonce) {
        byte[] mixed = bytes.clone();
        for (int i = 0; i < mixed.length; i++) {
            mixed[i] ^= nonce[i % nonce.length];
        }
        return mixed;
    }

    private static ProtocolException undecryptable() {
        return new ProtocolException("encrypted password", "a password for this key and nonce", "something else", 0);
    }
}
