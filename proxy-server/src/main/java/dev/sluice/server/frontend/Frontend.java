package dev.sluice.server.frontend;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.ErrorCode;
import dev.sluice.protocol.Packet;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.packet.OkPacket;
import dev.sluice.server.admission.CountedTicket;
import dev.sluice.server.admission.Limit;
import dev.sluice.server.admission.Ticket;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOutboundBuffer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The client's end of a session: what was negotiated, and how to write to it. Confined to the session's event loop. */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive at exceptionCaught or channelInactive
public final class Frontend {
    /** Before it has another one, a client has no place at all. */
    private static final Ticket NO_TICKET = new CountedTicket(new AtomicInteger(), 0);

    /** With io_uring nothing has been sent when a flush returns: an answer this small is not worth an account. */
    private static final long COUNTED_MIN = 4 * 1024;

    private final Channel channel;
    private final long connectionId;
    private final FrontendSettings settings;
    private final @Nullable InetSocketAddress client;
    private int capabilities;
    private Ticket ticket = NO_TICKET;
    private @Nullable UnsentBytes unsent;
    private boolean unsentBefore;
    private int received;
    private int writes;
    /** Whether something was written and not flushed. */
    private boolean unflushed;

    private Duration ownWriteTimeout = Duration.ZERO;
    private @Nullable WriteWatch watch;

    Frontend(Channel channel, long connectionId, FrontendSettings settings) {
        this.channel = channel;
        this.connectionId = connectionId;
        this.settings = settings;
        this.client = ProxyHeaderHandler.clientOf(channel);
    }

    /** The channel; for back-pressure and allocation. */
    public Channel channel() {
        return channel;
    }

    /** The connection id that the client was given. */
    public long connectionId() {
        return connectionId;
    }

    /** The capabilities that both sides have. */
    public int capabilities() {
        return capabilities;
    }

    void capabilities(int negotiated) {
        capabilities = negotiated;
    }

    /** Its place among all clients. */
    public Ticket ticket() {
        return ticket;
    }

    void ticket(Ticket given) {
        ticket = given;
        channel.closeFuture().addListener(closed -> given.leave());
    }

    /** The client's address; null where a channel has none. */
    public @Nullable InetAddress inetAddress() {
        return client == null ? null : client.getAddress();
    }

    /** Whether result sets end with an OK packet instead of EOF packets. */
    public boolean deprecatesEof() {
        return (capabilities & Capabilities.CLIENT_DEPRECATE_EOF) != 0;
    }

    /** Whether the client puts attributes in front of each query and into each execution. */
    public boolean sendsQueryAttributes() {
        return (capabilities & Capabilities.CLIENT_QUERY_ATTRIBUTES) != 0;
    }

    /** The client's address, for logs. */
    public String address() {
        return client == null ? String.valueOf(channel.remoteAddress()) : host() + ":" + client.getPort();
    }

    /** The client's address without the port, for messages about accounts. */
    public String host() {
        return client == null ? "localhost" : client.getAddress().getHostAddress();
    }

    /** A hash of the client's address without the port: equal for all connections from one host, on every proxy. */
    public long addressHash() {
        return client == null ? 0 : Arrays.hashCode(client.getAddress().getAddress());
    }

    /** Writes bytes without flushing. Takes the reference. */
    public void write(ByteBuf bytes) {
        writes++;
        unflushed = true;
        channel.write(bytes, channel.voidPromise());
    }

    /** What cannot be sent at once counts there from now on. */
    public void countUnsent(UnsentBytes counter) {
        unsent = counter;
        channel.closeFuture().addListener(closed -> {
            unsent = null;
            counter.update(this, 0);
        });
    }

    /** Sends what was written, if anything was. */
    public void flush() {
        if (unflushed) {
            unflushed = false;
            channel.flush();
            sent();
        }
    }

    /** So much memory holds what the client has sent of a command that is not whole, or behind one that is. */
    public void received(int bytes) {
        if (bytes != received) {
            received = bytes;
            countUnsent();
        }
    }

    private void sent() {
        if (unsentBytes() > 0) {
            watch().begin();
        }
        countUnsent();
    }

    private WriteWatch watch() {
        WriteWatch watching = watch;
        if (watching == null) {
            watching = new WriteWatch(channel, this::writeTimeout, () -> writes, this::giveUp);
            watch = watching;
        }
        return watching;
    }

    private Duration writeTimeout() {
        Duration configured = settings.netWriteTimeout().get();
        return configured.compareTo(ownWriteTimeout) < 0 ? ownWriteTimeout : configured;
    }

    /** In which a login has to come to its end. */
    public Duration connectPhaseTimeout() {
        return settings.connectPhaseTimeout().get();
    }

    /** How long a client may say nothing. */
    public Duration idleTimeout() {
        return settings.idleTimeout().get();
    }

    /** The client may take nothing for so long, if that is longer than the configuration says. */
    public void netWriteTimeout(Duration own) {
        ownWriteTimeout = own;
    }

    private void giveUp() {
        boolean unused = settings.refusals().add(Limit.NET_WRITE_TIMEOUT, address(), "the client takes no answer");
        channel.close();
    }

    private void countUnsent() {
        UnsentBytes counter = unsent;
        long kept = counter == null ? 0 : keptBytes();
        long left = kept < COUNTED_MIN ? 0 : kept;
        if (counter != null && (left > 0 || unsentBefore)) {
            unsentBefore = left > 0;
            counter.update(this, left);
        }
    }

    /** Writes and flushes one packet. */
    public void send(int sequenceId, Packet packet) {
        ByteBuf out = channel.alloc().buffer();
        Packets.write(out, sequenceId, packet, capabilities);
        writes++;
        channel.writeAndFlush(out, channel.voidPromise());
        sent();
    }

    /** Answers a command with OK. */
    public void sendOk(int status) {
        send(1, new OkPacket(0, 0, status, 0, ""));
    }

    /** Answers a command with an error of Sluice's own. */
    public void sendError(ErrorCode code, Object... arguments) {
        send(1, code.toPacket(arguments));
    }

    /** Sends a last packet and closes the connection behind it, or when the client has stopped to take anything. */
    public void sendAndClose(int sequenceId, Packet packet) {
        if (!channel.isActive()) {
            return;
        }
        ByteBuf out = channel.alloc().buffer();
        Packets.write(out, sequenceId & 0xFF, packet, capabilities);
        channel.writeAndFlush(out).addListener(ChannelFutureListener.CLOSE);
        watch().beginToTheEnd();
    }

    /** Closes the connection when what was written has gone out, or the client has stopped to take it. */
    public void closeBehindAnswer() {
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        watch().beginToTheEnd();
    }

    /** What is kept for the client outside of the heap: answers that it does not take, and what it does not end. */
    long keptBytes() {
        return unsentBytes() + received;
    }

    long unsentBytes() {
        ChannelOutboundBuffer unsent = channel.unsafe().outboundBuffer();
        return unsent == null ? 0 : unsent.totalPendingWriteBytes();
    }

    /** Something on behalf of this client has failed in a way that nobody has foreseen, outside of its channel's events. */
    public void failed(Throwable cause) {
        channel.pipeline().fireExceptionCaught(cause);
    }

    /** Closes the connection. */
    public void close() {
        channel.close();
    }
}
