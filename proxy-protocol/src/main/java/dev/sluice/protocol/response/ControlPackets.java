package dev.sluice.protocol.response;

import dev.sluice.protocol.Packets;
import dev.sluice.protocol.ServerStatus;
import io.netty.buffer.ByteBuf;

/**
 * Writers for the control packets that are put in place of a backend's. Thread-safe: functions without state.
 *
 * @see <a
 *     href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_ok_packet.html">OK_Packet</a>
 */
public final class ControlPackets {
    /** Length of an EOF packet with its header. */
    public static final int EOF_PACKET_BYTES = Packets.HEADER_LENGTH + ControlFields.EOF_PAYLOAD_BYTES;

    private ControlPackets() {}

    /** Appends an EOF packet with its header. */
    public static void writeEof(ByteBuf out, int sequenceId, int warnings, int status) {
        out.writeIntLE(sequenceId << 24 | ControlFields.EOF_PAYLOAD_BYTES);
        out.writeByte(ControlFields.EOF_HEADER);
        out.writeShortLE(warnings);
        // The flag announces bytes that an EOF packet cannot have.
        out.writeShortLE(status & ~ServerStatus.SERVER_SESSION_STATE_CHANGED);
    }

    /**
     * Appends a copy of an OK packet, with either header, as it would be without session state: the flag is cleared, and
     * an info field that only stood there to precede the session state goes with it.
     *
     * @param packetStart index of the packet's header in {@code in}
     * @param packetLength length with the header, in bytes
     */
    public static void writeOkWithoutSessionState(ByteBuf out, ByteBuf in, int packetStart, int packetLength) {
        int payload = packetStart + Packets.HEADER_LENGTH;
        ControlFields fields = new ControlFields();
        fields.readOk(in, payload, packetLength - Packets.HEADER_LENGTH);
        int header = Packets.begin(out, in.getUnsignedByte(packetStart + 3));
        copyThroughInfo(out, in, payload, fields, fields.status & ~ServerStatus.SERVER_SESSION_STATE_CHANGED);
        Packets.end(out, header);
    }

    /**
     * Appends a copy of an OK packet, with either header, that carries other session state.
     *
     * @param sessionState the entries, without their length in front; read by index, not consumed; if there are none the
     *     packet is written without session state
     */
    public static void writeOkWithSessionState(
            ByteBuf out, ByteBuf in, int packetStart, int packetLength, ByteBuf sessionState) {
        int length = sessionState.readableBytes();
        if (length == 0) {
            writeOkWithoutSessionState(out, in, packetStart, packetLength);
            return;
        }
        int payload = packetStart + Packets.HEADER_LENGTH;
        ControlFields fields = new ControlFields();
        fields.readOk(in, payload, packetLength - Packets.HEADER_LENGTH);
        int header = Packets.begin(out, in.getUnsignedByte(packetStart + 3));
        copyThroughInfo(out, in, payload, fields, fields.status | ServerStatus.SERVER_SESSION_STATE_CHANGED);
        if (fields.infoLength == 0) {
            out.writeByte(0);
        }
        writeLength(out, length);
        out.writeBytes(sessionState, sessionState.readerIndex(), length);
        Packets.end(out, header);
    }

    /**
     * Adds status flags to an OK packet, with either header, where it is.
     *
     * @param packetStart index of the packet's header in {@code in}
     * @param packetLength length with the header, in bytes
     */
    public static void addStatus(ByteBuf in, int packetStart, int packetLength, int flags) {
        ControlFields fields = new ControlFields();
        fields.readOk(in, packetStart + Packets.HEADER_LENGTH, packetLength - Packets.HEADER_LENGTH);
        in.setShortLE(fields.statusIndex, fields.status | flags);
    }

    private static void copyThroughInfo(ByteBuf out, ByteBuf in, int payload, ControlFields fields, int status) {
        int statusIndex = fields.statusIndex;
        out.writeBytes(in, payload, statusIndex - payload);
        out.writeShortLE(status);
        out.writeShortLE(fields.warnings);
        if (fields.infoLength > 0) {
            int infoStart = statusIndex + 4;
            out.writeBytes(in, infoStart, fields.infoIndex + fields.infoLength - infoStart);
        }
    }

    private static void writeLength(ByteBuf out, int length) {
        if (length < 0xFB) {
            out.writeByte(length);
        } else if (length <= 0xFFFF) {
            out.writeByte(0xFC);
            out.writeShortLE(length);
        } else {
            out.writeByte(0xFD);
            out.writeMediumLE(length);
        }
    }
}
