package dev.sluice.protocol.packet;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.Packet;
import dev.sluice.protocol.PayloadReader;
import dev.sluice.protocol.PayloadWriter;
import dev.sluice.protocol.ProtocolException;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The client's answer to the greeting. Immutable.
 *
 * @param capabilities what the client wants; decides which of the fields travel
 * @param maxPacketSize the longest packet the client will take, in bytes
 * @param collation the session's first collation; only its low byte travels
 * @param username empty for an anonymous user
 * @param authResponse what the plugin made of password and nonce; empty without a password
 * @param database the default schema; travels only with CLIENT_CONNECT_WITH_DB
 * @param authPluginName travels only with CLIENT_PLUGIN_AUTH
 * @param connectAttributes travel only with CLIENT_CONNECT_ATTRS
 *
 * @see <a
 *     href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_response.html">Protocol::HandshakeResponse41</a>
 */
// The accessor and the constructor copy the array; equals and hashCode compare its contents.
@SuppressWarnings("ArrayRecordComponent")
public record HandshakeResponse41(
        int capabilities,
        long maxPacketSize,
        int collation,
        String username,
        byte[] authResponse,
        @Nullable String database,
        @Nullable String authPluginName,
        Map<String, String> connectAttributes)
        implements Packet {
    private static final int FILLER_LENGTH = 23;
    /** What clients ask for; only read past, since compression is never agreed on. */
    private static final int DEFAULT_ZSTD_LEVEL = 3;

    public HandshakeResponse41 {
        authResponse = authResponse.clone();
        connectAttributes = ConnectAttributes.copyOf(connectAttributes);
    }

    /** Reads the payload by the flags it carries itself. */
    public static HandshakeResponse41 decode(ByteBuf payload, int capabilities) {
        PayloadReader in = new PayloadReader(payload);
        int flags = (int) in.int4("client_flag");
        if (!Capabilities.has(flags, Capabilities.CLIENT_PROTOCOL_41)) {
            throw new ProtocolException("client_flag", "CLIENT_PROTOCOL_41", Capabilities.describe(flags), 0);
        }
        long maxPacketSize = in.int4("max_packet_size");
        int collation = in.int1("character_set");
        in.skip(FILLER_LENGTH, "filler");
        String username = in.nulString("username");
        byte[] authResponse = readAuthResponse(in, flags);
        String database = null;
        if (Capabilities.has(flags, Capabilities.CLIENT_CONNECT_WITH_DB)) {
            String name = in.nulString("database");
            database = name.isEmpty() ? null : name;
        }
        String plugin = null;
        if (Capabilities.has(flags, Capabilities.CLIENT_PLUGIN_AUTH)) {
            // Clients that put a NUL for a schema they do not announce leave an empty name here; servers switch them.
            String name = in.nulString("client_plugin_name");
            plugin = name.isEmpty() ? null : name;
        }
        Map<String, String> attributes = Map.of();
        if (Capabilities.has(flags, Capabilities.CLIENT_CONNECT_ATTRS)) {
            attributes = ConnectAttributes.read(in);
        }
        // A compression level may follow, and servers ignore what else does.
        in.eofBytes();
        return new HandshakeResponse41(
                flags, maxPacketSize, collation, username, authResponse, database, plugin, attributes);
    }

    private static byte[] readAuthResponse(PayloadReader in, int flags) {
        if (Capabilities.has(flags, Capabilities.CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA)) {
            return in.lenencBytes("auth_response");
        }
        if (Capabilities.has(flags, Capabilities.CLIENT_SECURE_CONNECTION)) {
            return in.bytes(in.int1("auth_response_length"), "auth_response");
        }
        return in.nulBytes("auth_response");
    }

    @Override
    public void encode(ByteBuf out, int agreedCapabilities) {
        PayloadWriter writer = new PayloadWriter(out)
                .int4(capabilities)
                .int4(maxPacketSize)
                .int1(collation)
                .zeros(FILLER_LENGTH)
                .nulString(username);
        if (Capabilities.has(capabilities, Capabilities.CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA)) {
            writer.lenencBytes(authResponse);
        } else if (Capabilities.has(capabilities, Capabilities.CLIENT_SECURE_CONNECTION)) {
            ChangeUser.writeShortBytes(writer, authResponse);
        } else {
            writer.nulBytes(authResponse);
        }
        if (Capabilities.has(capabilities, Capabilities.CLIENT_CONNECT_WITH_DB)) {
            writer.nulString(database == null ? "" : database);
        }
        if (Capabilities.has(capabilities, Capabilities.CLIENT_PLUGIN_AUTH)) {
            writer.nulString(authPluginName == null ? "" : authPluginName);
        }
        if (Capabilities.has(capabilities, Capabilities.CLIENT_CONNECT_ATTRS)) {
            ConnectAttributes.write(writer, connectAttributes);
        }
        if (Capabilities.has(capabilities, Capabilities.CLIENT_ZSTD_COMPRESSION_ALGORITHM)) {
            writer.int1(DEFAULT_ZSTD_LEVEL);
        }
    }

    @Override
    public byte[] authResponse() {
        return authResponse.clone();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof HandshakeResponse41 that
                && capabilities == that.capabilities
                && maxPacketSize == that.maxPacketSize
                && collation == that.collation
                && username.equals(that.username)
                && Arrays.equals(authResponse, that.authResponse)
                && Objects.equals(database, that.database)
                && Objects.equals(authPluginName, that.authPluginName)
                && connectAttributes.equals(that.connectAttributes);
    }

    @Override
    public int hashCode() {
        return Objects.hash(
                capabilities,
                maxPacketSize,
                collation,
                username,
                Arrays.hashCode(authResponse),
                database,
                authPluginName,
                connectAttributes);
    }

    @Override
    public String toString() {
        return "HandshakeResponse41[capabilities=" + Capabilities.describe(capabilities) + ", maxPacketSize="
                + maxPacketSize + ", collation=" + collation + ", username=" + username + ", database=" + database
                + ", authPluginName=" + authPluginName + ", connectAttributes=" + connectAttributes + "]";
    }
}
