package dev.sluice.server.backend;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.NetUtil;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;

/**
 * The header with which a connection to a server begins that is to be the connection of a client: it says where the client comes
 * from. Immutable.
 *
 * <p>Ports are 0 and the destination is left open, because a connection serves all clients of one address, one after the other.
 *
 * @see <a href="https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt">The PROXY protocol</a>
 */
public enum ProxyHeader {
    /** A line of text. */
    V1 {
        @Override
        void write(ByteBuf out, InetAddress client) {
            boolean ipv4 = client instanceof Inet4Address;
            String line = (ipv4 ? "PROXY TCP4 " : "PROXY TCP6 ")
                    + NetUtil.toAddressString(client)
                    + (ipv4 ? " 0.0.0.0" : " ::")
                    + " 0 0\r\n";
            out.writeCharSequence(line, StandardCharsets.US_ASCII);
        }
    },
    /** Binary. */
    V2 {
        @Override
        void write(ByteBuf out, InetAddress client) {
            byte[] source = client.getAddress();
            out.writeBytes(SIGNATURE)
                    .writeByte(VERSION_2_PROXY)
                    .writeByte(client instanceof Inet4Address ? TCP_OVER_IPV4 : TCP_OVER_IPV6)
                    .writeShort(2 * source.length + PORTS_LENGTH)
                    .writeBytes(source)
                    .writeZero(source.length + PORTS_LENGTH);
        }
    };

    private static final byte[] SIGNATURE = {0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A};
    private static final int VERSION_2_PROXY = 0x21;
    private static final int TCP_OVER_IPV4 = 0x11;
    private static final int TCP_OVER_IPV6 = 0x21;
    private static final int PORTS_LENGTH = 4;
    /** The longest there is. */
    private static final int BYTES_MAX = 107;

    abstract void write(ByteBuf out, InetAddress client);

    /** The header of a connection for clients of an address; the caller releases it. */
    ByteBuf of(ByteBufAllocator allocator, InetAddress client) {
        ByteBuf out = allocator.buffer(BYTES_MAX);
        write(out, client);
        return out;
    }
}
