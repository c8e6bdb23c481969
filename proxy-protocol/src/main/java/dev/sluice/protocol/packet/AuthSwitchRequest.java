package dev.sluice.protocol.packet;

import dev.sluice.protocol.Packet;
import dev.sluice.protocol.PayloadReader;
import dev.sluice.protocol.PayloadWriter;
import dev.sluice.protocol.ProtocolException;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The server wants another authentication plugin. Immutable.
 *
 * @param plugin the plugin to use
 * @param data the plugin's data; a nonce of 20 bytes is held without the NUL that follows it on the wire
 *
 * @see <a
 *     href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_auth_switch_request.html">Protocol::AuthSwitchRequest</a>
 */
// The accessor and the constructor copy the array; equals and hashCode compare its contents.
@SuppressWarnings("ArrayRecordComponent")
public record AuthSwitchRequest(String plugin, byte[] data) implements Packet {
    /** First byte of the payload. */
    public static final int HEADER = 0xFE;

    public AuthSwitchRequest {
        data = data.clone();
    }

    /**
     * Reads the payload.
     *
     * @throws ProtocolException also for the bare header with which servers once asked for a password hash of MySQL 3.23
     */
    public static AuthSwitchRequest decode(ByteBuf payload, int capabilities) {
        PayloadReader in = new PayloadReader(payload);
        in.expect(HEADER, "AuthSwitchRequest header");
        if (in.remaining() == 0) {
            throw new ProtocolException(
                    "AuthSwitchRequest plugin name",
                    "a name",
                    "the request for an old password",
                    payload.readerIndex());
        }
        String plugin = in.nulString("AuthSwitchRequest plugin name");
        byte[] data = in.eofBytes();
        boolean terminated = data.length == HandshakeV10.NONCE_LENGTH + 1 && data[data.length - 1] == 0;
        return new AuthSwitchRequest(plugin, terminated ? Arrays.copyOf(data, data.length - 1) : data);
    }

    @Override
    public void encode(ByteBuf out, int capabilities) {
        PayloadWriter writer =
                new PayloadWriter(out).int1(HEADER).nulString(plugin).bytes(data);
        if (data.length == HandshakeV10.NONCE_LENGTH) {
            writer.int1(0);
        }
    }

    @Override
    public byte[] data() {
        return data.clone();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof AuthSwitchRequest that && plugin.equals(that.plugin) && Arrays.equals(data, that.data);
    }

    @Override
    public int hashCode() {
        return 31 * plugin.hashCode() + Arrays.hashCode(data);
    }

    @Override
    public String toString() {
        return "AuthSwitchRequest[plugin=" + plugin + ", data=" + data.length + " bytes]";
    }
}
