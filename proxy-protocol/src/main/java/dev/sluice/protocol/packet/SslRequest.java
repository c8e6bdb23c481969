package dev.sluice.protocol.packet;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.Packet;
import dev.sluice.protocol.PayloadReader;
import dev.sluice.protocol.PayloadWriter;
import dev.sluice.protocol.ProtocolException;
import io.netty.buffer.ByteBuf;

/**
 * The short form of a handshake response that asks for TLS; the full response follows inside it. Immutable.
 *
 * @param capabilities what the client wants, CLIENT_SSL among it
 * @param maxPacketSize the longest packet the client will take, in bytes
 * @param collation the client's collation, one byte
 *
 * @see <a
 *     href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_ssl_request.html">Protocol::SSLRequest</a>
 */
public record SslRequest(int capabilities, long maxPacketSize, int collation) implements Packet {
    /** Length of the payload in bytes: what tells this packet from a handshake response. */
    public static final int LENGTH = 32;

    private static final int FILLER_LENGTH = 23;

    /** Whether a client's first payload is this packet; the buffer's indexes do not move. */
    public static boolean matches(ByteBuf payload) {
        return payload.readableBytes() == LENGTH
                && Capabilities.has(payload.getIntLE(payload.readerIndex()), Capabilities.CLIENT_SSL);
    }

    /** Reads the payload. */
    public static SslRequest decode(ByteBuf payload, int capabilities) {
        PayloadReader in = new PayloadReader(payload);
        int flags = (int) in.int4("client_flag");
        if (!Capabilities.has(flags, Capabilities.CLIENT_SSL | Capabilities.CLIENT_PROTOCOL_41)) {
            throw new ProtocolException(
                    "client_flag", "CLIENT_SSL and CLIENT_PROTOCOL_41", Capabilities.describe(flags), 0);
        }
        long maxPacketSize = in.int4("max_packet_size");
        int collation = in.int1("character_set");
        in.skip(FILLER_LENGTH, "filler");
        in.expectEnd("SSLRequest");
        return new SslRequest(flags, maxPacketSize, collation);
    }

    @Override
    public void encode(ByteBuf out, int agreedCapabilities) {
        new PayloadWriter(out)
                .int4(capabilities)
                .int4(maxPacketSize)
                .int1(collation)
                .zeros(FILLER_LENGTH);
    }
}
