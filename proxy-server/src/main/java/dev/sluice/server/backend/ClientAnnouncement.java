package dev.sluice.server.backend;

import dev.sluice.protocol.Packets;
import dev.sluice.protocol.ProtocolException;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.router.topology.BackendAddress;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a server at the very beginning of a connection for whom it is, in front of everything else that is read or written, and
 * says what went wrong if the server does not take that. Gone when the login has succeeded. Confined to the session's event loop.
 *
 * <p>A server looks at the header after its greeting, and may refuse it in the clear while it is awaited to speak TLS. Such words
 * are looked at here, for anybody on the way may have said them, and only decide which words of Sluice's own the client gets.
 */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive at exceptionCaught or channelInactive
final class ClientAnnouncement extends ChannelInboundHandlerAdapter implements ConnectListener {
    private static final Logger LOGGER = LoggerFactory.getLogger(ClientAnnouncement.class);

    private static final int ERR = ErrPacket.HEADER;
    /** The content types of TLS records. */
    private static final int TLS_FIRST = 0x14;

    private static final int TLS_LAST = 0x17;

    private final ClientAnnouncements announcements;
    private final BackendAddress address;
    private final InetAddress client;
    private final ConnectListener listener;
    private @Nullable ChannelHandlerContext context;
    private boolean announced;
    private boolean greeted;
    private boolean looking = true;
    /** Bytes of a packet that are still to come. */
    private int ahead;

    private @Nullable ErrPacket said;

    ClientAnnouncement(
            ClientAnnouncements announcements, BackendAddress address, InetAddress client, ConnectListener listener) {
        this.announcements = announcements;
        this.address = address;
        this.client = client;
        this.listener = listener;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        announced = true;
        ctx.writeAndFlush(announcements.header().of(ctx.alloc(), client), ctx.voidPromise());
        ctx.fireChannelActive();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (looking && message instanceof ByteBuf bytes) {
            look(bytes);
        }
        ctx.fireChannelRead(message);
    }

    /** A server that has said no has hung up, too, and what is sent to it fails before what it said is read. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        LOGGER.debug("a connection to {} is broken, and its end will be read", address, cause);
    }

    /** Looks for an error among the packets, as long as they come in the clear. */
    private void look(ByteBuf bytes) {
        int index = bytes.readerIndex() + ahead;
        while (looking && index < bytes.writerIndex()) {
            int first = bytes.getUnsignedByte(index);
            int payload = index + Packets.HEADER_LENGTH;
            if ((greeted && first >= TLS_FIRST && first <= TLS_LAST) || payload >= bytes.writerIndex()) {
                looking = false;
                return;
            }
            int end = payload + bytes.getUnsignedMediumLE(index);
            if (bytes.getUnsignedByte(payload) == ERR && end <= bytes.writerIndex()) {
                looking = false;
                said = errorIn(bytes.slice(payload, end - payload));
            }
            greeted = true;
            index = end;
        }
        ahead = Math.max(0, index - bytes.writerIndex());
    }

    private static @Nullable ErrPacket errorIn(ByteBuf payload) {
        try {
            return ErrPacket.decode(payload, 0);
        } catch (ProtocolException e) {
            return null;
        }
    }

    @Override
    public void connected(BackendConnection connection) {
        if (context != null) {
            context.pipeline().remove(this);
        }
        listener.connected(connection);
    }

    @Override
    public void failed(BackendFailure failure) {
        listener.failed(announced ? announcements.judge(address, client, failure, said) : failure);
    }

    @Override
    public void gone() {
        listener.gone();
    }
}
