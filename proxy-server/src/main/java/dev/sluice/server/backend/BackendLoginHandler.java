package dev.sluice.server.backend;

import dev.sluice.protocol.Capabilities;
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
 * GREETING ──HandshakeV10──► [ENCRYPTING] ──► AUTHENTICATING ──OK──► replaced
 *     any ──ERR, deadline, malformed, closed──► failed
 * </pre>
 */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive at exceptionCaught or channelInactive
final class BackendLoginHandler extends ByteToMessageDecoder {
    private static final int PACKET_BYTES_MAX = 64 * 1024;
    private static final int ROUNDS_MAX = 8;

    private static final int PLUGIN_CHARACTERS_SHOWN = 64;

    private enum Step {
        GREETING,
        ENCRYPTING,
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
    /** The sequence id that comes next, from whoever has the word. */
    private int nextId;

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
        if (step == Step.ENCRYPTING) {
            // What TLS has decrypted comes later: this was in the clear, and anybody on the way may have put it there.
            throw new ProtocolException("bytes in the clear, in front of TLS");
        }
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
        if (first != 0xFF && sequenceId != nextId) {
            throw new ProtocolException("packets out of order: sequence id " + sequenceId + " in place of " + nextId);
        }
        nextId = (sequenceId + 1) & 0xFF;
        if (first == 0xFF) {
            ErrPacket error = ErrPacket.decode(payload, login.capabilities());
            fail(
                    context,
                    new BackendFailure(
                            Kind.REFUSED, login.address() + " refused the login: " + error.message(), error));
        } else if (step == Step.GREETING) {
            greeted(context, HandshakeV10.decode(payload, 0));
        } else if (first == 0x00) {
            succeeded(context);
        } else {
            challenged(context, payload, first);
        }
    }

    private void greeted(ChannelHandlerContext context, HandshakeV10 greeting) {
        login.greeted(greeting);
        SslContext tls = security.context();
        boolean offered = (greeting.capabilities() & Capabilities.CLIENT_SSL) != 0;
        if (tls == null || !offered) {
            if (security.required()) {
                throw new ProtocolException("TLS is required and the server does not offer it");
            }
            step = Step.AUTHENTICATING;
            send(context, login.response());
            return;
        }
        step = Step.ENCRYPTING;
        send(context, login.sslRequest());
        SslHandler handler = tls.newHandler(
                context.alloc(), login.address().host(), login.address().port());
        context.pipeline().addBefore(context.name(), "tls", handler);
        handler.handshakeFuture().addListener(future -> {
            if (future.isSuccess() && step == Step.ENCRYPTING) {
                encrypted = true;
                step = Step.AUTHENTICATING;
                send(context, login.response());
            } else if (!future.isSuccess()) {
                fail(
                        context,
                        Kind.UNREACHABLE,
                        "TLS handshake failed: " + future.cause().getMessage());
            }
        });
    }

    private void challenged(ChannelHandlerContext context, ByteBuf payload, int first) {
        if (++rounds > ROUNDS_MAX) {
            throw new ProtocolException("more than " + ROUNDS_MAX + " rounds of authentication");
        }
        if (first == 0xFE) {
            AuthSwitchRequest request = AuthSwitchRequest.decode(payload, login.capabilities());
            byte[] answer = login.switched(request.plugin(), request.data(), encrypted);
            if (answer == null) {
                boolean clear = request.plugin().equals(BackendLogin.CLEAR);
                throw new ProtocolException("authentication plugin " + shown(request.plugin())
                        + (clear ? " is not answered without TLS" : " is not supported"));
            }
            keyRequested = request.plugin().equals(BackendLogin.SHA256);
            reply(context, answer);
        } else if (first == 0x01) {
            moreData(context, AuthMoreData.decode(payload, login.capabilities()).data());
        } else {
            throw new ProtocolException("a packet that starts with " + first + " during authentication");
        }
    }

    /** A server may name anything, at any length. */
    private static String shown(String plugin) {
        String start = plugin.substring(0, Math.min(plugin.length(), PLUGIN_CHARACTERS_SHOWN));
        return start.replaceAll("[^\\x21-\\x7e]", "?");
    }

    private void moreData(ChannelHandlerContext context, byte[] data) {
        boolean status = data.length == 1;
        if (status && data[0] == CachingSha2Password.FAST_AUTH_SUCCESS) {
            return;
        }
        if (status && data[0] == CachingSha2Password.PERFORM_FULL_AUTHENTICATION) {
            byte[] answer =
                    encrypted ? login.clearPassword() : new byte[] {(byte) CachingSha2Password.REQUEST_PUBLIC_KEY};
            keyRequested = !encrypted;
            reply(context, answer);
            return;
        }
        if (!keyRequested || encrypted) {
            throw new ProtocolException("a public key that was not asked for");
        }
        reply(context, login.encryptedPassword(data));
    }

    private void reply(ChannelHandlerContext context, byte[] answer) {
        ByteBuf out = context.alloc().buffer(answer.length + Packets.HEADER_LENGTH);
        int header = Packets.begin(out, nextId);
        out.writeBytes(answer);
        Packets.end(out, header);
        nextId = (nextId + 1) & 0xFF;
        context.writeAndFlush(out, context.voidPromise());
    }

    private void send(ChannelHandlerContext context, Packet packet) {
        ByteBuf out = context.alloc().buffer();
        Packets.write(out, nextId, packet, login.capabilities());
        nextId = (nextId + 1) & 0xFF;
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
