package dev.sluice.server.session;

import dev.sluice.protocol.Packets;
import dev.sluice.protocol.packet.QueryAttributes;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The attributes of a query while nobody needs them: blanks stand in their place, so that the text is read, and can be sent
 * to a server without CLIENT_QUERY_ATTRIBUTES, as if the client had written it with blanks in front. Thread-safe: functions
 * without state.
 */
final class CommandAttributes {
    private static final int INDEX = Packets.HEADER_LENGTH + 1;
    private static final int TWO_BLANKS = 0x2020;
    private static final byte[] NONE = {0, 1};

    private CommandAttributes() {}

    /** Takes them out of a COM_QUERY, or of its head; null if they are malformed or not whole. */
    static byte @Nullable [] take(ByteBuf packet) {
        int index = packet.readerIndex() + INDEX;
        if (QueryAttributes.areNone(packet, index, packet.writerIndex())) {
            packet.setShort(index, TWO_BLANKS);
            return NONE;
        }
        int text = QueryAttributes.textIndex(packet, index, packet.writerIndex());
        if (text == QueryAttributes.MALFORMED) {
            return null;
        }
        byte[] taken = new byte[text - index];
        packet.getBytes(index, taken);
        blank(packet, taken.length);
        return taken;
    }

    /** Puts them back. */
    static void put(ByteBuf packet, byte[] attributes) {
        packet.setBytes(packet.readerIndex() + INDEX, attributes);
    }

    /** Takes them out again. */
    static void blank(ByteBuf packet, int length) {
        int index = packet.readerIndex() + INDEX;
        for (int i = 0; i < length; i++) {
            packet.setByte(index + i, ' ');
        }
    }
}
