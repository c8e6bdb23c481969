package dev.sluice.server.backend;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.ErrorCode;
import dev.sluice.protocol.Packet;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.ProtocolException;
import dev.sluice.protocol.auth.CachingSha2Password;
import dev.sluice.protocol.packet.AuthMoreData;
import dev.sluice.protocol.packet.AuthSwitchRequest;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.protocol.packet.HandshakeV10;
import dev.sluice.server.backend.BackendFailure.Kind;
import dev.sluice.server.compression.BackendCompression;
import dev.sluice.server.compression.CompressionAlgorithm;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The connection phase towards a backend. It replaces itself with a {@link BackendHandler} when the server says OK.
 * Confined to the session's event loop.
 *
 * <pre>
 * GREETING ──HandshakeV10──► [TLS] ──► AUTHENTICATING ──OK──► replaced
 *     any ──ERR, deadline, malformed, closed──► failed
 * </pre>
 */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive at exceptionCaught or channelInactive
final class BackendLoginHandler extends ByteToMessageDecoder {
    private static final int PACKET_BYTES_MAX = 64 * 1024;
    private static final int ROUNDS_MAX = 8;

    private enum Step {
        GREETING,
        AUTHENTICATING,
        DONE
    }

    private final BackendLogin login;
    private final BackendTransportSecurity security;
    private final Duration timeout;
    private final ConnectListener listener;
    private Step step = Step.GREETING;
    private boolean encrypted;
    private int rounds;
    private boolean keyRequested;
    private @Nullable ScheduledFuture<?> deadline;

    BackendLoginHandler(
            BackendLogin login, BackendTransportSecurity security, Duration timeout, ConnectListener listener) {
        this.login = login;
        this.security = security;
        this.timeout = timeout;
        this.listener = listener;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        deadline = context.executor()
                .schedule(
                        () -> fail(context, Kind.UNREACHABLE, "no login within " + timeout.toMillis() + " ms"),
                        timeout.toMillis(),
                        TimeUnit.MILLISECONDS);
        context.fireChannelActive();
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        if (step == Step.DONE || in.readableBytes() < Packets.HEADER_LENGTH) {
            return;
        }
        int length = in.getUnsignedMediumLE(in.readerIndex());
        if (length == 0 || length > PACKET_BYTES_MAX) {
            throw new ProtocolException("a packet of " + length + " bytes in the connection phase");
        }
        if (in.readableBytes() < Packets.HEADER_LENGTH + length) {
            return;
        }
        int sequenceId = in.getUnsignedByte(in.readerIndex() + 3);
        in.skipBytes(Packets.HEADER_LENGTH);
        received(context, in.readSlice(length), sequenceId);
    }

    private void received(ChannelHandlerContext context, ByteBuf payload, int sequenceId) {
        int first = payload.getUnsignedByte(payload.readerIndex());
        if (first == 0xFF) {
            ErrPacket error = ErrPacket.decode(payload, login.capabilities());
            fail(
                    context,
                    new BackendFailure(
                            Kind.REFUSED, login.address() + " refused the login: " + error.message(), error));
        } else if (step == Step.GREETING) {
            greeted(context, HandshakeV10.decode(payload, 0), sequenceId);
        } else if (first == 0x00) {
            succeeded(context);
        } else {
            challenged(context, payload, sequenceId, first);
        }
    }

    private void greeted(ChannelHandlerContext context, HandshakeV10 greeting, int sequenceId) {
        login.greeted(greeting);
        SslContext tls = security.context();
        boolean offered = (greeting.capabilities() & Capabilities.CLIENT_SSL) != 0;
        if (tls == null || !offered) {
            if (security.required()) {
                throw new ProtocolException("TLS is required and the server does not offer it");
            }
            step = Step.AUTHENTICATING;
            send(context, login.response(), sequenceId + 1);
            return;
        }
        step = Step.AUTHENTICATING;
        send(context, login.sslRequest(), sequenceId + 1);
        SslHandler handler = tls.newHandler(
                context.alloc(), login.address().host(), login.address().port());
        context.pipeline().addFirst("tls", handler);
        handler.handshakeFuture().addListener(future -> {
            if (future.isSuccess()) {
                encrypted = true;
                send(context, login.response(), sequenceId + 2);
            } else {
                fail(
                        context,
                        Kind.UNREACHABLE,
                        "TLS handshake failed: " + future.cause().getMessage());
            }
        });
    }

    private void challenged(ChannelHandlerContext context, ByteBuf payload, int sequenceId, int first) {
        if (++rounds > ROUNDS_MAX) {
            throw new ProtocolException("more than " + ROUNDS_MAX + " rounds of authentication");
        }
        if (first == 0xFE) {
            AuthSwitchRequest request = AuthSwitchRequest.decode(payload, login.capabilities());
            byte[] answer = login.switched(request.plugin(), request.data());
            if (answer == null) {
                throw new ProtocolException("authentication plugin " + request.plugin() + " is not supported");
            }
            keyRequested = request.plugin().equals(BackendLogin.SHA256);
            boolean clear = encrypted && request.plugin().equals(BackendLogin.SHA256);
            reply(context, clear ? login.clearPassword() : answer, sequenceId + 1);
        } else if (first == 0x01) {
            moreData(context, AuthMoreData.decode(payload, login.capabilities()).data(), sequenceId);
        } else {
            throw new ProtocolException("a packet that starts with " + first + " during authentication");
        }
    }

    private void moreData(ChannelHandlerContext context, byte[] data, int sequenceId) {
        boolean status = data.length == 1;
        if (status && data[0] == CachingSha2Password.FAST_AUTH_SUCCESS) {
            return;
        }
        if (status && data[0] == CachingSha2Password.PERFORM_FULL_AUTHENTICATION) {
            byte[] answer =
                    encrypted ? login.clearPassword() : new byte[] {(byte) CachingSha2Password.REQUEST_PUBLIC_KEY};
            keyRequested = !encrypted;
            reply(context, answer, sequenceId + 1);
            return;
        }
        if (!keyRequested || encrypted) {
            throw new ProtocolException("a public key that was not asked for");
        }
        reply(context, login.encryptedPassword(data), sequenceId + 1);
    }

    private void reply(ChannelHandlerContext context, byte @Nullable [] answer, int sequenceId) {
        if (answer == null) {
            // Servers ask like this for an account that is gone, or has another plugin than it had.
            ErrPacket denied = ErrorCode.ER_ACCESS_DENIED_ERROR.toPacket(login.user(), login.address(), "YES");
            fail(context, new BackendFailure(Kind.REFUSED, "the server asks for more than a known hash", denied));
            return;
        }
        ByteBuf out = context.alloc().buffer(answer.length + Packets.HEADER_LENGTH);
        int header = Packets.begin(out, sequenceId & 0xFF);
        out.writeBytes(answer);
        Packets.end(out, header);
        context.writeAndFlush(out, context.voidPromise());
    }

    private void send(ChannelHandlerContext context, Packet packet, int sequenceId) {
        ByteBuf out = context.alloc().buffer();
        Packets.write(out, sequenceId & 0xFF, packet, login.capabilities());
        context.writeAndFlush(out, context.voidPromise());
    }

    private void succeeded(ChannelHandlerContext context) {
        finish();
        BackendConnection connection = new BackendConnection(
                context.channel(), login.key(), login.threadId(), login.vectorAfterLogin(), login.nowNanos());
        connection.capabilities(login.capabilities());
        context.pipeline().addAfter(context.name(), "backend", new BackendHandler(connection));
        CompressionAlgorithm compression = CompressionAlgorithm.agreed(login.capabilities());
        if (compression != null) {
            BackendCompression handler = new BackendCompression(compression);
            context.pipeline().addAfter(context.name(), "compression", handler);
            connection.compressedBy(handler);
        }
        context.pipeline().remove(this);
        listener.connected(connection);
    }

    private void finish() {
        step = Step.DONE;
        if (deadline != null) {
            deadline.cancel(false);
        }
    }

    private void fail(ChannelHandlerContext context, Kind kind, String why) {
        fail(context, BackendFailure.of(kind, login.address() + ": " + why));
    }

    private void fail(ChannelHandlerContext context, BackendFailure failure) {
        if (step == Step.DONE) {
            return;
        }
        finish();
        LingeringClose.begin(context.channel(), false);
        listener.failed(failure);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        super.channelInactive(context);
        fail(context, Kind.UNREACHABLE, "the server closed the connection during the login");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        Throwable root = cause.getCause() instanceof ProtocolException ? cause.getCause() : cause;
        fail(context, Kind.BROKEN, String.valueOf(root.getMessage()));
    }
}
