package dev.sluice.protocol;

import io.netty.buffer.ByteBuf;

/** One packet's payload as an object that can be written; framing is added by {@link Packets}. Immutable. */
public interface Packet {
    /**
     * Appends the payload, without a header.
     *
     * @param capabilities the flags both sides agreed on, which decide optional fields
     */
    void encode(ByteBuf out, int capabilities);
}
