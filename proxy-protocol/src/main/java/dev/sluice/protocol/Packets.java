package dev.sluice.protocol;

import io.netty.buffer.ByteBuf;

/**
 * The framing of packets: three bytes of payload length, one byte of sequence id, payload.
 *
 * <pre>
 *  0        3    4
 *  +--------+----+----------------
 *  | length | id | payload ...
 *  +--------+----+----------------
 * </pre>
 *
 * Thread-safe: functions without state.
 *
 * @see <a href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html">MySQL packets</a>
 */
public final class Packets {
    /** Bytes in front of every payload. */
    public static final int HEADER_LENGTH = 4;
    /** The longest payload of one packet in bytes; a payload of exactly this length is continued by the next packet. */
    public static final int MAX_PAYLOAD_LENGTH = 0xFFFFFF;

    private Packets() {}

    /**
     * Appends a header whose length is not known yet.
     *
     * @param sequenceId only its low eight bits are written
     * @return the index of the header, for {@link #end}
     */
    public static int begin(ByteBuf out, int sequenceId) {
        int headerIndex = out.writerIndex();
        out.writeIntLE(sequenceId << 24);
        return headerIndex;
    }

    /**
     * Enters the length of the payload that was appended since {@link #begin}.
     *
     * @throws IllegalStateException if the payload does not fit into one packet
     */
    public static void end(ByteBuf out, int headerIndex) {
        int length = out.writerIndex() - headerIndex - HEADER_LENGTH;
        // A payload of exactly the maximum would announce a continuation that nobody sends.
        if (length >= MAX_PAYLOAD_LENGTH) {
            throw new IllegalStateException(
                    "payload of " + length + " bytes does not fit into one packet (< " + MAX_PAYLOAD_LENGTH + ")");
        }
        out.setMediumLE(headerIndex, length);
    }

    /** Appends the packet with its header. */
    public static void write(ByteBuf out, int sequenceId, Packet packet, int capabilities) {
        int headerIndex = begin(out, sequenceId);
        packet.encode(out, capabilities);
        end(out, headerIndex);
    }
}
