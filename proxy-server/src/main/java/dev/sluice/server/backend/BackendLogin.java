package dev.sluice.server.backend;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.ProtocolException;
import dev.sluice.protocol.auth.CachingSha2Password;
import dev.sluice.protocol.auth.Ed25519Password;
import dev.sluice.protocol.auth.Nonce;
import dev.sluice.protocol.auth.RsaKeys;
import dev.sluice.protocol.packet.HandshakeResponse41;
import dev.sluice.protocol.packet.HandshakeV10;
import dev.sluice.protocol.packet.SslRequest;
import dev.sluice.router.session.StateVector;
import dev.sluice.router.topology.BackendAddress;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.compression.CompressionAlgorithm;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What Sluice says to a backend while it logs in: capabilities, and the answers to the authentication plugins. No I/O.
 * Confined to the session's event loop.
 */
final class BackendLogin {
    static final String NATIVE = "mysql_native_password";
    static final String CACHING_SHA2 = "caching_sha2_password";
    static final String SHA256 = "sha256_password";
    /** What servers ask for that hand the password on, to PAM or a directory. */
    static final String CLEAR = "mysql_clear_password";

    // utf8mb4_general_ci: the one utf8mb4 collation that every server version knows.
    private static final int GENERAL_CI = 45;
    // utf8mb4_0900_ai_ci, where it is the default: character_set_results keeps the login's collation, which metadata
    // shows.
    private static final int UTF8MB4_0900_AI_CI = 255;
    private static final long MAX_PACKET_BYTES = 1L << 30;
    private static final int NONCE_LENGTH = HandshakeV10.NONCE_LENGTH;
    private static final int SHA256_REQUEST_PUBLIC_KEY = 1;
    private static final int REQUIRED = Capabilities.CLIENT_PROTOCOL_41
            | Capabilities.CLIENT_SECURE_CONNECTION
            | Capabilities.CLIENT_PLUGIN_AUTH
            | Capabilities.CLIENT_DEPRECATE_EOF
            | Capabilities.CLIENT_SESSION_TRACK;
    private static final int OFFERED = REQUIRED
            | Capabilities.CLIENT_LONG_PASSWORD
            | Capabilities.CLIENT_LONG_FLAG
            | Capabilities.CLIENT_TRANSACTIONS
            | Capabilities.CLIENT_MULTI_STATEMENTS
            | Capabilities.CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA
            | Capabilities.CLIENT_CONNECT_ATTRS;
    /** Answers have another form with them, or other numbers in them, which the client has been promised or not. */
    private static final int PROMISED =
            Capabilities.CLIENT_OPTIONAL_RESULTSET_METADATA | Capabilities.CLIENT_FOUND_ROWS;
    /** A server makes it a part of the sql_mode and forgets it with the first reset, so it is part of the session's state. */
    private static final int OF_SESSIONS = Capabilities.CLIENT_IGNORE_SPACE;

    private final PoolKey key;
    private final Credential credential;
    private final BackendAddress address;
    private final @Nullable CompressionAlgorithm compression;
    private final LongSupplier nanoClock;
    private final byte[] password;
    private byte[] nonce = new byte[0];
    private String plugin = CACHING_SHA2;
    private int capabilities;
    private int collation = GENERAL_CI;
    private long threadId;

    BackendLogin(
            PoolKey key,
            Credential credential,
            BackendAddress address,
            @Nullable CompressionAlgorithm compression,
            LongSupplier nanoClock) {
        this.key = key;
        this.credential = credential;
        this.address = address;
        this.compression = compression;
        this.nanoClock = nanoClock;
        byte[] known = credential.password();
        // Who has only a hash cannot answer other plugins, and the server, not Sluice, shall say so.
        this.password = known == null ? Nonce.random() : known;
    }

    BackendAddress address() {
        return address;
    }

    PoolKey key() {
        return key;
    }

    int capabilities() {
        return capabilities;
    }

    long threadId() {
        return threadId;
    }

    long nowNanos() {
        return nanoClock.getAsLong();
    }

    /** Reads the greeting. Throws when the server lacks what Sluice builds on. */
    void greeted(HandshakeV10 greeting) {
        int missing = (REQUIRED | (key.capabilities() & PROMISED)) & ~greeting.capabilities();
        if (missing != 0) {
            throw new ProtocolException(
                    "the server lacks " + Capabilities.describe(missing) + "; MySQL 5.7.5 or MariaDB 10.2 is needed");
        }
        int compressed = compression == null ? 0 : compression.capability();
        capabilities = (OFFERED | compressed | (key.capabilities() & ~OF_SESSIONS)) & greeting.capabilities();
        nonce = greeting.authPluginData();
        threadId = greeting.connectionId();
        collation = greeting.collation() == UTF8MB4_0900_AI_CI ? UTF8MB4_0900_AI_CI : GENERAL_CI;
        plugin = greeting.authPluginName().isEmpty() ? NATIVE : greeting.authPluginName();
    }

    SslRequest sslRequest() {
        capabilities |= Capabilities.CLIENT_SSL;
        return new SslRequest(capabilities, MAX_PACKET_BYTES, collation);
    }

    HandshakeResponse41 response() {
        String offered = isKnown(plugin) ? plugin : CACHING_SHA2;
        return new HandshakeResponse41(
                capabilities,
                MAX_PACKET_BYTES,
                collation,
                key.user(),
                firstAnswer(offered),
                null,
                offered,
                Map.of("_client_name", "sluice", "program_name", "sluice"));
    }

    private static boolean isKnown(String name) {
        return name.equals(NATIVE)
                || name.equals(CACHING_SHA2)
                || name.equals(SHA256)
                || name.equals(Ed25519Password.NAME);
    }

    /**
     * The answer to an AuthSwitchRequest, or null when the plugin cannot be answered.
     *
     * @param encrypted whether what is said in the clear is heard by the server only
     */
    byte @Nullable [] switched(String toPlugin, byte[] data, boolean encrypted) {
        plugin = toPlugin;
        // The data ends with a NUL that is not part of the nonce.
        nonce = data.length == NONCE_LENGTH + 1 ? Arrays.copyOf(data, NONCE_LENGTH) : data;
        if (encrypted && (toPlugin.equals(SHA256) || toPlugin.equals(CLEAR))) {
            return clearPassword();
        }
        return isKnown(toPlugin) ? firstAnswer(toPlugin) : null;
    }

    private byte[] firstAnswer(String toPlugin) {
        if (toPlugin.equals(NATIVE)) {
            return credential.nativeResponse(nonce);
        }
        if (toPlugin.equals(Ed25519Password.NAME)) {
            return Ed25519Password.sign(password, nonce);
        }
        if (password.length == 0) {
            return new byte[0];
        }
        // sha256_password starts with a request for the public key; over TLS the handler sends the password instead.
        return toPlugin.equals(SHA256)
                ? new byte[] {SHA256_REQUEST_PUBLIC_KEY}
                : CachingSha2Password.scramble(password, nonce);
    }

    String user() {
        return key.user();
    }

    String plugin() {
        return plugin;
    }

    /** The password in the clear, for a channel that is encrypted, and a NUL. */
    byte[] clearPassword() {
        return Arrays.copyOf(password, password.length + 1);
    }

    /** The password encrypted with the server's public key. */
    byte[] encryptedPassword(byte[] publicKeyPem) {
        return RsaKeys.encryptPassword(password, nonce, new String(publicKeyPem, StandardCharsets.US_ASCII));
    }

    /** The state of a connection right after the login. */
    StateVector vectorAfterLogin() {
        return StateVector.empty()
                .withMultiStatements((capabilities & Capabilities.CLIENT_MULTI_STATEMENTS) != 0)
                .with(StateVector.CHARACTER_SET_CLIENT, "utf8mb4")
                .with(StateVector.CHARACTER_SET_RESULTS, "utf8mb4")
                .with(
                        StateVector.COLLATION_CONNECTION,
                        collation == GENERAL_CI ? "utf8mb4_general_ci" : "utf8mb4_0900_ai_ci");
    }
}
