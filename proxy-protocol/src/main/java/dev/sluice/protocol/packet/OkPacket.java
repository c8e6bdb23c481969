package dev.sluice.protocol.packet;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.Packet;
import dev.sluice.protocol.PayloadReader;
import dev.sluice.protocol.PayloadWriter;
import dev.sluice.protocol.ProtocolException;
import dev.sluice.protocol.ServerStatus;
import io.netty.buffer.ByteBuf;

/**
 * Success, as the proxy says it itself or reads it off the hot path. Session state is passed over when reading and never
 * written. Immutable.
 *
 * @param affectedRows unsigned
 * @param lastInsertId unsigned
 * @param status see {@link ServerStatus}
 * @param warnings number of warnings
 * @param info text for humans
 *
 * @see <a
 *     href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_ok_packet.html">OK_Packet</a>
 */
public record OkPacket(long affectedRows, long lastInsertId, int status, int warnings, String info) implements Packet {
    /** First byte of the payload. */
    public static final int HEADER = 0x00;
    /** First byte of the payload where it ends rows. */
    public static final int ROWS_END_HEADER = 0xFE;

    /** An OK that changed nothing. */
    public static OkPacket of(int status) {
        return new OkPacket(0, 0, status, 0, "");
    }

    /** Reads an OK packet with either header; text is length-encoded, as servers send it with and without tracking. */
    public static OkPacket decode(ByteBuf payload, int capabilities) {
        PayloadReader in = new PayloadReader(payload);
        int offset = payload.readerIndex();
        int header = in.int1("OK header");
        if (header != HEADER && header != ROWS_END_HEADER) {
            throw new ProtocolException("OK header", "0x00 or 0xFE", String.format("0x%02X", header), offset);
        }
        long affectedRows = in.lenenc("affected_rows");
        long lastInsertId = in.lenenc("last_insert_id");
        int status = in.int2("status_flags");
        int warnings = in.int2("warnings");
        String info = in.remaining() > 0 ? in.lenencString("info") : "";
        if (in.remaining() > 0
                && Capabilities.has(capabilities, Capabilities.CLIENT_SESSION_TRACK)
                && (status & ServerStatus.SERVER_SESSION_STATE_CHANGED) != 0) {
            in.lenencBytes("session_state_info");
        }
        in.expectEnd("OK packet");
        return new OkPacket(affectedRows, lastInsertId, status, warnings, info);
    }

    @Override
    public void encode(ByteBuf out, int capabilities) {
        PayloadWriter writer = new PayloadWriter(out)
                .int1(HEADER)
                .lenenc(affectedRows)
                .lenenc(lastInsertId)
                // The flag would announce bytes that are not written.
                .int2(status & ~ServerStatus.SERVER_SESSION_STATE_CHANGED)
                .int2(warnings);
        if (!info.isEmpty()) {
            writer.lenencString(info);
        }
    }
}
