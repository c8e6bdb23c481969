package dev.sluice.protocol.packet;

import dev.sluice.protocol.Packet;
import dev.sluice.protocol.PayloadReader;
import dev.sluice.protocol.PayloadWriter;
import io.netty.buffer.ByteBuf;

/**
 * The end of a list, for peers without CLIENT_DEPRECATE_EOF. Immutable.
 *
 * @param warnings number of warnings
 * @param status see {@link dev.sluice.protocol.ServerStatus}
 *
 * @see <a
 *     href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_eof_packet.html">EOF_Packet</a>
 */
public record EofPacket(int warnings, int status) implements Packet {
    /** First byte of the payload. */
    public static final int HEADER = 0xFE;

    /** Reads the payload. */
    public static EofPacket decode(ByteBuf payload, int capabilities) {
        PayloadReader in = new PayloadReader(payload);
        in.expect(HEADER, "EOF header");
        int warnings = in.int2("warnings");
        int status = in.int2("status_flags");
        in.expectEnd("EOF packet");
        return new EofPacket(warnings, status);
    }

    @Override
    public void encode(ByteBuf out, int capabilities) {
        new PayloadWriter(out).int1(HEADER).int2(warnings).int2(status);
    }
}
