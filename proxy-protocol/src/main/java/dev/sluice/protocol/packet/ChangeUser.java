package dev.sluice.protocol.packet;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.Packet;
import dev.sluice.protocol.PayloadReader;
import dev.sluice.protocol.PayloadWriter;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The command that logs in again on the same connection, its command byte included. Immutable.
 *
 * @param username empty for an anonymous user
 * @param authResponse for the nonce of the greeting or, if one came since, of the last authentication switch
 * @param database the default schema
 * @param collation the session's collation; 0 if the client left it out
 * @param authPluginName travels only with CLIENT_PLUGIN_AUTH
 * @param connectAttributes travel only with CLIENT_CONNECT_ATTRS
 *
 * @see <a
 *     href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_change_user.html">COM_CHANGE_USER</a>
 */
// The accessor and the constructor copy the array; equals and hashCode compare its contents.
@SuppressWarnings("ArrayRecordComponent")
public record ChangeUser(
        String username,
        byte[] authResponse,
        @Nullable String database,
        int collation,
        @Nullable String authPluginName,
        Map<String, String> connectAttributes)
        implements Packet {
    public ChangeUser {
        authResponse = authResponse.clone();
        connectAttributes = ConnectAttributes.copyOf(connectAttributes);
    }

    /** Reads the payload; what stands behind the schema may be missing, as old clients end there. */
    public static ChangeUser decode(ByteBuf payload, int capabilities) {
        PayloadReader in = new PayloadReader(payload);
        in.expect(CommandType.COM_CHANGE_USER.code(), "command");
        String username = in.nulString("user");
        byte[] authResponse = Capabilities.has(capabilities, Capabilities.CLIENT_SECURE_CONNECTION)
                ? in.bytes(in.int1("auth_plugin_data_len"), "auth_plugin_data")
                : in.nulBytes("auth_plugin_data");
        String schema = in.nulString("database");
        String database = schema.isEmpty() ? null : schema;
        if (in.remaining() == 0) {
            return new ChangeUser(username, authResponse, database, 0, null, Map.of());
        }
        int collation = in.int2("character_set");
        String plugin = null;
        if (in.remaining() > 0 && Capabilities.has(capabilities, Capabilities.CLIENT_PLUGIN_AUTH)) {
            plugin = in.nulString("auth_plugin_name");
        }
        Map<String, String> attributes = Map.of();
        if (in.remaining() > 0 && Capabilities.has(capabilities, Capabilities.CLIENT_CONNECT_ATTRS)) {
            attributes = ConnectAttributes.read(in);
        }
        // Servers ignore what follows.
        in.eofBytes();
        return new ChangeUser(username, authResponse, database, collation, plugin, attributes);
    }

    @Override
    public void encode(ByteBuf out, int capabilities) {
        PayloadWriter writer =
                new PayloadWriter(out).int1(CommandType.COM_CHANGE_USER.code()).nulString(username);
        if (Capabilities.has(capabilities, Capabilities.CLIENT_SECURE_CONNECTION)) {
            writeShortBytes(writer, authResponse);
        } else {
            writer.nulBytes(authResponse);
        }
        writer.nulString(database == null ? "" : database).int2(collation);
        if (Capabilities.has(capabilities, Capabilities.CLIENT_PLUGIN_AUTH)) {
            writer.nulString(authPluginName == null ? "" : authPluginName);
        }
        if (Capabilities.has(capabilities, Capabilities.CLIENT_CONNECT_ATTRS)) {
            ConnectAttributes.write(writer, connectAttributes);
        }
    }

    /** Bytes preceded by a length of one byte. */
    static void writeShortBytes(PayloadWriter writer, byte[] bytes) {
        if (bytes.length > 0xFF) {
            throw new IllegalArgumentException("auth_response: " + bytes.length + " bytes (expected: <= 255)");
        }
        writer.int1(bytes.length).bytes(bytes);
    }

    @Override
    public byte[] authResponse() {
        return authResponse.clone();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ChangeUser that
                && username.equals(that.username)
                && Arrays.equals(authResponse, that.authResponse)
                && Objects.equals(database, that.database)
                && collation == that.collation
                && Objects.equals(authPluginName, that.authPluginName)
                && connectAttributes.equals(that.connectAttributes);
    }

    @Override
    public int hashCode() {
        return Objects.hash(
                username, Arrays.hashCode(authResponse), database, collation, authPluginName, connectAttributes);
    }

    @Override
    public String toString() {
        return "ChangeUser[username=" + username + ", database=" + database + ", collation=" + collation
                + ", authPluginName=" + authPluginName + ", connectAttributes=" + connectAttributes + "]";
    }
}
