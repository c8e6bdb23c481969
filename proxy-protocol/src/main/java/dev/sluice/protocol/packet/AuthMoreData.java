package dev.sluice.protocol.packet;

import dev.sluice.protocol.Packet;
import dev.sluice.protocol.PayloadReader;
import dev.sluice.protocol.PayloadWriter;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A further message of an authentication plugin to the client. Immutable.
 *
 * @param data the plugin's data
 *
 * @see <a
 *     href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_auth_more_data.html">Protocol::AuthMoreData</a>
 */
// The accessor and the constructor copy the array; equals and hashCode compare its contents.
@SuppressWarnings("ArrayRecordComponent")
public record AuthMoreData(byte[] data) implements Packet {
    /** First byte of the payload. */
    public static final int HEADER = 0x01;

    public AuthMoreData {
        data = data.clone();
    }

    /** Reads the payload. */
    public static AuthMoreData decode(ByteBuf payload, int capabilities) {
        PayloadReader in = new PayloadReader(payload);
        in.expect(HEADER, "AuthMoreData header");
        return new AuthMoreData(in.eofBytes());
    }

    @Override
    public void encode(ByteBuf out, int capabilities) {
        new PayloadWriter(out).int1(HEADER).bytes(data);
    }

    @Override
    public byte[] data() {
        return data.clone();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof AuthMoreData that && Arrays.equals(data, that.data);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(data);
    }

    @Override
    public String toString() {
        return "AuthMoreData[data=" + data.length + " bytes]";
    }
}
