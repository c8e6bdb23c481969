package dev.sluice.protocol.packet;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.Packet;
import dev.sluice.protocol.PayloadReader;
import dev.sluice.protocol.PayloadWriter;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The server's greeting. Immutable.
 *
 * @param serverVersion as sent; MariaDB up to 10 puts {@code 5.5.5-} in front of its own
 * @param connectionId what KILL and CONNECTION_ID() mean
 * @param authPluginData the nonce, 20 bytes, without the NUL behind it
 * @param capabilities what the server offers, see {@link Capabilities}
 * @param collation the server's default collation; only its low byte travels
 * @param status see {@link dev.sluice.protocol.ServerStatus}
 * @param authPluginName the plugin the nonce is for
 *
 * @see <a
 *     href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html">Protocol::HandshakeV10</a>
 */
// The accessor and the constructor copy the array; equals and hashCode compare its contents.
@SuppressWarnings("ArrayRecordComponent")
public record HandshakeV10(
        String serverVersion,
        long connectionId,
        byte[] authPluginData,
        int capabilities,
        int collation,
        int status,
        String authPluginName)
        implements Packet {
    /** The only version of the protocol that is still spoken. */
    public static final int PROTOCOL_VERSION = 10;
    /** Length of the nonce in bytes. */
    public static final int NONCE_LENGTH = 20;

    private static final int FIRST_PART_LENGTH = 8;
    private static final int RESERVED_LENGTH = 10;
    private static final String NATIVE_PASSWORD = "mysql_native_password";

    public HandshakeV10 {
        if (authPluginData.length != NONCE_LENGTH) {
            throw new IllegalArgumentException(
                    "authPluginData: " + authPluginData.length + " bytes (expected: " + NONCE_LENGTH + ")");
        }
        authPluginData = authPluginData.clone();
    }

    /** Reads a greeting of MySQL or MariaDB; extended capabilities of MariaDB are passed over. */
    public static HandshakeV10 decode(ByteBuf payload, int capabilities) {
        PayloadReader in = new PayloadReader(payload);
        in.expect(PROTOCOL_VERSION, "protocol version");
        String serverVersion = in.nulString("server version");
        long connectionId = in.int4("thread id");
        byte[] nonce = Arrays.copyOf(in.bytes(FIRST_PART_LENGTH, "auth-plugin-data-part-1"), NONCE_LENGTH);
        in.expect(0, "filler");
        int flags = in.int2("capability_flags_1");
        int collation = in.int1("character_set");
        int status = in.int2("status_flags");
        flags |= in.int2("capability_flags_2") << 16;
        int declaredLength = in.int1("auth_plugin_data_len");
        in.skip(RESERVED_LENGTH, "reserved");
        // The second part takes 13 bytes at least, the last of them a NUL, whatever the declared length says.
        int secondPartLength = Math.max(NONCE_LENGTH + 1, declaredLength) - FIRST_PART_LENGTH;
        byte[] secondPart = in.bytes(secondPartLength, "auth-plugin-data-part-2");
        System.arraycopy(secondPart, 0, nonce, FIRST_PART_LENGTH, NONCE_LENGTH - FIRST_PART_LENGTH);
        String plugin = Capabilities.has(flags, Capabilities.CLIENT_PLUGIN_AUTH)
                ? in.nulString("auth_plugin_name")
                : NATIVE_PASSWORD;
        in.expectEnd("HandshakeV10");
        return new HandshakeV10(serverVersion, connectionId, nonce, flags, collation, status, plugin);
    }

    @Override
    public void encode(ByteBuf out, int agreedCapabilities) {
        boolean pluginAuth = Capabilities.has(capabilities, Capabilities.CLIENT_PLUGIN_AUTH);
        PayloadWriter writer = new PayloadWriter(out)
                .int1(PROTOCOL_VERSION)
                .nulString(serverVersion)
                .int4(connectionId)
                .bytes(Arrays.copyOf(authPluginData, FIRST_PART_LENGTH))
                .int1(0)
                .int2(capabilities)
                .int1(collation)
                .int2(status)
                .int2(capabilities >>> 16)
                .int1(pluginAuth ? NONCE_LENGTH + 1 : 0)
                .zeros(RESERVED_LENGTH)
                .bytes(Arrays.copyOfRange(authPluginData, FIRST_PART_LENGTH, NONCE_LENGTH))
                .int1(0);
        if (pluginAuth) {
            writer.nulString(authPluginName);
        }
    }

    /** Whether a MariaDB server greets: it names itself, or leaves out a flag that every MySQL server sets. */
    public boolean isMariaDb() {
        return serverVersion.contains("MariaDB") || !Capabilities.has(capabilities, Capabilities.CLIENT_LONG_PASSWORD);
    }

    @Override
    public byte[] authPluginData() {
        return authPluginData.clone();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof HandshakeV10 that
                && serverVersion.equals(that.serverVersion)
                && connectionId == that.connectionId
                && Arrays.equals(authPluginData, that.authPluginData)
                && capabilities == that.capabilities
                && collation == that.collation
                && status == that.status
                && authPluginName.equals(that.authPluginName);
    }

    @Override
    public int hashCode() {
        return Objects.hash(
                serverVersion,
                connectionId,
                Arrays.hashCode(authPluginData),
                capabilities,
                collation,
                status,
                authPluginName);
    }

    @Override
    public String toString() {
        return "HandshakeV10[serverVersion=" + serverVersion + ", connectionId=" + connectionId + ", capabilities="
                + Capabilities.describe(capabilities) + ", collation=" + collation + ", status=" + status
                + ", authPluginName=" + authPluginName + "]";
    }
}
