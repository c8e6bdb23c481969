package dev.sluice.protocol.packet;

import dev.sluice.protocol.PayloadReader;
import dev.sluice.protocol.PayloadWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** The key-value list that a client tells about itself, in the order sent. Functions only. */
final class ConnectAttributes {
    private ConnectAttributes() {}

    static Map<String, String> read(PayloadReader in) {
        PayloadReader list = new PayloadReader(Unpooled.wrappedBuffer(in.lenencBytes("connection attributes")));
        Map<String, String> attributes = new LinkedHashMap<>();
        while (list.remaining() > 0) {
            String key = list.lenencString("connection attribute key");
            attributes.put(key, list.lenencString("connection attribute value"));
        }
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
