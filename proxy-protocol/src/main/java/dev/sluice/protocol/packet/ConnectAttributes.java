package dev.sluice.protocol.packet;

import dev.sluice.protocol.PayloadReader;
import dev.sluice.protocol.PayloadWriter;
import dev.sluice.protocol.ProtocolException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** The key-value list that a client tells about itself, in the order sent. Thread-safe: functions without state. */
final class ConnectAttributes {
    /** Stands in the list, with the field's name, where its rest could not be read. */
    static final String MALFORMED_KEY = "_malformed";

    private ConnectAttributes() {}

    /**
     * Reads the list and everything behind it. Attributes only inform, and clients are known to send a byte too many in
     * front of them; servers go on with what they can read, so a login does not fail here either.
     */
    static Map<String, String> read(PayloadReader in) {
        Map<String, String> attributes = new LinkedHashMap<>();
        try {
            PayloadReader list = new PayloadReader(Unpooled.wrappedBuffer(in.lenencBytes("connection attributes")));
            while (list.remaining() > 0) {
                String key = list.lenencString("connection attribute key");
                attributes.put(key, list.lenencString("connection attribute value"));
            }
        } catch (ProtocolException e) {
            attributes.put(MALFORMED_KEY, e.field());
        }
        in.eofBytes();
        return attributes;
    }

    static void write(PayloadWriter out, Map<String, String> attributes) {
        ByteBuf list = ByteBufAllocator.DEFAULT.heapBuffer();
        try {
            PayloadWriter writer = new PayloadWriter(list);
            attributes.forEach((key, value) -> writer.lenencString(key).lenencString(value));
            byte[] bytes = new byte[list.readableBytes()];
            list.readBytes(bytes);
            out.lenencBytes(bytes);
        } finally {
            list.release();
        }
    }

    /** An unmodifiable copy that keeps the order. */
    static Map<String, String> copyOf(Map<String, String> attributes) {
        return Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
    }
}
