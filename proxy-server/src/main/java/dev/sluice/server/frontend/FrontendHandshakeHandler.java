package dev.sluice.server.frontend;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.ErrorCode;
import dev.sluice.protocol.Packet;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.ProtocolException;
import dev.sluice.protocol.ServerStatus;
import dev.sluice.protocol.auth.CachingSha2Password;
import dev.sluice.protocol.auth.NativePassword;
import dev.sluice.protocol.auth.Nonce;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.protocol.packet.HandshakeResponse41;
import dev.sluice.protocol.packet.HandshakeV10;
import dev.sluice.protocol.packet.OkPacket;
import dev.sluice.protocol.packet.SslRequest;
import dev.sluice.server.admission.Limit;
import dev.sluice.server.auth.ClientAuthentication;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.compression.CompressionAlgorithm;
import dev.sluice.server.compression.FrontendCompression;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandler;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * The connection phase of a client: greeting, TLS, login, admission. It replaces itself with the handler of the command
 * phase when the {@link Reception} has let the client in, so no command can be run before. Confined to the session's event loop.
 *
 * <pre>
 * GREETED ──SSLRequest──► TLS ──► GREETED ──HandshakeResponse41──► AUTHENTICATING ──► ADMITTING ──► replaced
 *    any ──deadline, malformed, refused──► CLOSED (with an ERR where the client can read one)
 * </pre>
 *
 * @see <a href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html">Connection phase</a>
 */
public final class FrontendHandshakeHandler extends ChannelInboundHandlerAdapter
        implements ClientAuthentication.Listener {
    private static final Logger LOGGER = LoggerFactory.getLogger(FrontendHandshakeHandler.class);
    private static final int PACKET_BYTES_MAX = 64 * 1024;
    /** As much as a login takes that hides nothing. */
    private static final int UNCOUNTED_BYTES = 8 * 1024;

    /** What Sluice truly serves; a client that has more goes without. */
    private static final int SERVED = Capabilities.CLIENT_LONG_PASSWORD
            | Capabilities.CLIENT_FOUND_ROWS
            | Capabilities.CLIENT_LONG_FLAG
            | Capabilities.CLIENT_CONNECT_WITH_DB
            | Capabilities.CLIENT_NO_SCHEMA
            | Capabilities.CLIENT_ODBC
            | Capabilities.CLIENT_LOCAL_FILES
            | Capabilities.CLIENT_IGNORE_SPACE
            | Capabilities.CLIENT_PROTOCOL_41
            | Capabilities.CLIENT_INTERACTIVE
            | Capabilities.CLIENT_IGNORE_SIGPIPE
            | Capabilities.CLIENT_TRANSACTIONS
            | Capabilities.CLIENT_RESERVED
            | Capabilities.CLIENT_SECURE_CONNECTION
            | Capabilities.CLIENT_MULTI_STATEMENTS
            | Capabilities.CLIENT_MULTI_RESULTS
            | Capabilities.CLIENT_PS_MULTI_RESULTS
            | Capabilities.CLIENT_PLUGIN_AUTH
            | Capabilities.CLIENT_CONNECT_ATTRS
            | Capabilities.CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA
            | Capabilities.CLIENT_SESSION_TRACK
            | Capabilities.CLIENT_DEPRECATE_EOF;

    private static final int REQUIRED = Capabilities.CLIENT_PROTOCOL_41 | Capabilities.CLIENT_SECURE_CONNECTION;

    private enum Step {
        GREETED,
        AUTHENTICATING,
        ADMITTING,
        CLOSED
    }

    private final Reception reception;
    private final FrontendSettings settings;
    private final byte[] nonce = Nonce.random();
    private Step step = Step.GREETED;
    /** Files may be read again between the greeting and the handshake. */
    private FrontendTransportSecurity security = FrontendTransportSecurity.OFF;

    private boolean encrypted;
    private int offered;
    /** The sequence id of the client's next packet. */
    private int nextId = 1;

    private @Nullable ByteBuf pending;
    private @Nullable ChannelHandlerContext channelContext;
    private @Nullable Frontend frontend;
    private @Nullable HandshakeResponse41 request;
    private @Nullable ClientAuthentication authentication;
    private @Nullable ScheduledFuture<?> deadline;

    public FrontendHandshakeHandler(Reception reception, FrontendSettings settings) {
        this.reception = reception;
        this.settings = settings;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        channelContext = ctx;
        Frontend client = new Frontend(ctx.channel(), reception.nextConnectionId(), settings);
        frontend = client;
        client.ticket(settings.admission().ticket(client));
        ErrPacket turnedAway = client.ticket().enter();
        if (turnedAway != null) {
            refuse(turnedAway, 0);
            return;
        }
        UnsentBytes kept = reception.keptBytes();
        if (kept != null) {
            client.countUnsent(kept);
        }
        Reception.Greeting greeting = reception.greeting();
        if (greeting == null) {
            refuse(new ErrPacket(1105, "08S01", "Sluice has not reached any backend yet"), 0);
            return;
        }
        long limit = settings.connectPhaseTimeout().get().toMillis();
        deadline = ctx.executor().schedule(this::tooLate, limit, TimeUnit.MILLISECONDS);
        security = settings.security().get();
        offered = SERVED
                | greeting.capabilities()
                | settings.compression()
                | (security.context() == null ? 0 : Capabilities.CLIENT_SSL);
        client.send(
                0,
                new HandshakeV10(
                        greeting.serverVersion(),
                        client.connectionId(),
                        nonce,
                        offered,
                        // The greeting has one byte for it.
                        greeting.collationId() & 0xFF,
                        ServerStatus.SERVER_STATUS_AUTOCOMMIT,
                        CachingSha2Password.NAME));
    }

    private void tooLate() {
        boolean unused =
                settings.refusals().add(Limit.CONNECT_PHASE_TIMEOUT, address(), "the client did not log in in time");
        refuse(ErrorCode.ER_NET_READ_INTERRUPTED.toPacket(), 2);
    }

    /** A line about what the client has sent; one that the operator sees only with debug if there have been too many. */
    private LoggingEventBuilder notice() {
        long since = settings.refusals().notices().next(frontend == null ? null : frontend.inetAddress());
        LoggingEventBuilder line = since > 0 ? LOGGER.atInfo().addKeyValue("since", since) : LOGGER.atDebug();
        return line.addKeyValue("client", address());
    }

    private String address() {
        return frontend == null ? "?" : frontend.address();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        ByteBuf kept = pending;
        if (kept == null) {
            pending = bytes;
        } else {
            kept.writeBytes(bytes);
            bytes.release();
        }
        process(ctx);
    }

    private void process(ChannelHandlerContext ctx) {
        while (pending != null && takesPacket()) {
            ByteBuf in = pending;
            if (in.readableBytes() < Packets.HEADER_LENGTH) {
                break;
            }
            int length = in.getUnsignedMediumLE(in.readerIndex());
            if ((length == 0 && step == Step.GREETED) || length > PACKET_BYTES_MAX) {
                throw new ProtocolException("a packet of " + length + " bytes in the connection phase");
            }
            if (in.readableBytes() < Packets.HEADER_LENGTH + length) {
                break;
            }
            int sequenceId = in.getUnsignedByte(in.readerIndex() + 3);
            in.skipBytes(Packets.HEADER_LENGTH);
            ByteBuf payload = in.readRetainedSlice(length);
            if (!in.isReadable()) {
                dropPending();
            }
            try {
                received(ctx, payload, sequenceId);
            } finally {
                payload.release();
            }
        }
        if (pending != null && !takesPacket() && pending.readableBytes() > PACKET_BYTES_MAX) {
            // Commands that it sent ahead: they wait where they are until it is known whether it may send any.
            ctx.channel().config().setAutoRead(false);
        }
        if (frontend != null && !ctx.isRemoved()) {
            frontend.received(pending == null || pending.capacity() <= UNCOUNTED_BYTES ? 0 : pending.capacity());
        }
    }

    private boolean takesPacket() {
        return step == Step.GREETED
                || (step == Step.AUTHENTICATING && authentication != null && authentication.takesPacket());
    }

    private void received(ChannelHandlerContext ctx, ByteBuf payload, int sequenceId) {
        if (sequenceId != nextId) {
            notice().log("login failed: packets out of order");
            refuse(ErrorCode.ER_NET_PACKETS_OUT_OF_ORDER.toPacket(), sequenceId + 1);
            return;
        }
        nextId = (sequenceId + 1) & 0xFF;
        if (step == Step.AUTHENTICATING) {
            ClientAuthentication login = authentication;
            if (login != null) {
                login.received(payload, sequenceId);
            }
        } else if (!encrypted && SslRequest.matches(payload)) {
            startTls(ctx);
        } else {
            authenticate(HandshakeResponse41.decode(payload, 0), sequenceId);
        }
    }

    private void startTls(ChannelHandlerContext ctx) {
        SslContext tls = security.context();
        if (tls == null) {
            throw new ProtocolException("an SSLRequest that was not offered");
        }
        encrypted = true;
        // A client does not wait after its SSLRequest: its hello may be here already.
        ByteBuf rest = pending;
        pending = null;
        ctx.pipeline().addFirst("tls", tls.newHandler(ctx.alloc()));
        if (rest != null) {
            ctx.pipeline().fireChannelRead(rest);
        }
    }

    private void authenticate(HandshakeResponse41 response, int sequenceId) {
        Frontend client = frontend;
        if (client == null || (response.capabilities() & REQUIRED) != REQUIRED) {
            refuse(ErrorCode.ER_HANDSHAKE_ERROR.toPacket(), sequenceId + 1);
            return;
        }
        client.capabilities(response.capabilities() & offered);
        if (security.required() && !encrypted) {
            refuse(ErrorCode.ER_SECURE_TRANSPORT_REQUIRED.toPacket(), sequenceId + 1);
            return;
        }
        boolean usesPassword = response.authResponse().length > 0;
        ErrPacket turnedAway = client.ticket().mayLogIn(response.username(), usesPassword);
        if (turnedAway != null) {
            refuse(turnedAway, sequenceId + 1);
            return;
        }
        request = response;
        step = Step.AUTHENTICATING;
        String plugin = response.authPluginName() == null ? NativePassword.NAME : response.authPluginName();
        ClientAuthentication login = new ClientAuthentication(
                reception.services(plugin), reception.prover(client), this, end(client), nonce);
        authentication = login;
        login.start(response.username(), response.authPluginName(), response.authResponse(), sequenceId);
    }

    private ClientAuthentication.Client end(Frontend client) {
        boolean certified = ClientTls.isCertified(client.channel().pipeline());
        return new ClientAuthentication.Client(client.host(), client.inetAddress(), encrypted, certified);
    }

    @Override
    public void send(int sequenceId, Packet packet) {
        if (frontend != null) {
            nextId = (sequenceId + 1) & 0xFF;
            frontend.send(sequenceId & 0xFF, packet);
            if (pending != null && takesPacket()) {
                executor().execute(this::processAgain);
            }
        }
    }

    /** The client is asked once more, and has sent something meanwhile. */
    private void processAgain() {
        ChannelHandlerContext ctx = Objects.requireNonNull(channelContext);
        if (ctx.isRemoved() || step == Step.CLOSED) {
            return;
        }
        ctx.channel().config().setAutoRead(true);
        try {
            process(ctx);
        } catch (RuntimeException | Error e) {
            // Nobody else would tell the client, or say what it was.
            exceptionCaught(ctx, e);
        }
    }

    @Override
    public void accepted(Credential credential, int sequenceId) {
        HandshakeResponse41 response = request;
        Frontend client = frontend;
        if (step == Step.CLOSED || response == null || client == null) {
            return;
        }
        ErrPacket turnedAway = client.ticket().loggedIn(response.username());
        if (turnedAway != null) {
            refuse(turnedAway, sequenceId);
            return;
        }
        step = Step.ADMITTING;
        Reception.Login login = new Reception.Login(client, credential, response, end(client));
        reception.admit(login, nonce, new Reception.Verdict() {
            @Override
            public void admitted(Reception.CommandPhase commands) {
                begin(login, commands, sequenceId);
            }

            @Override
            public void refused(ErrPacket error) {
                refuse(error, sequenceId);
            }
        });
    }

    private void begin(Reception.Login login, Reception.CommandPhase phase, int sequenceId) {
        ChannelHandlerContext ctx = channelContext;
        if (step == Step.CLOSED || ctx == null || !ctx.channel().isActive()) {
            return;
        }
        step = Step.CLOSED;
        cancelDeadline();
        ChannelInboundHandler commands = phase.begin();
        Frontend client = login.frontend();
        client.send(sequenceId & 0xFF, OkPacket.of(ServerStatus.SERVER_STATUS_AUTOCOMMIT));
        LOGGER.atDebug()
                .addKeyValue("session", client.connectionId())
                .addKeyValue("user", login.credential().user())
                .addKeyValue("client", client.address())
                .log("client logged in");
        ByteBuf rest = pending;
        pending = null;
        ctx.pipeline().addAfter(ctx.name(), "commands", commands);
        CompressionAlgorithm compression = CompressionAlgorithm.agreed(client.capabilities());
        if (compression != null) {
            ctx.pipeline().addAfter(ctx.name(), "compression", new FrontendCompression(compression));
        }
        ctx.pipeline().remove(this);
        ctx.channel().config().setAutoRead(true);
        if (rest != null) {
            // From here and not from the head of the pipeline: TLS has been taken off these bytes.
            ctx.fireChannelRead(rest);
        }
    }

    @Override
    public Executor executor() {
        return Objects.requireNonNull(channelContext).executor();
    }

    @Override
    public void rejected(ErrPacket error, int sequenceId) {
        notice().addKeyValue("error", error.code()).log("login refused");
        refuse(error, sequenceId);
    }

    private void refuse(ErrPacket error, int sequenceId) {
        if (step == Step.CLOSED) {
            return;
        }
        step = Step.CLOSED;
        cancelDeadline();
        dropPending();
        if (frontend != null && channelContext != null && ClientTls.isHandshaking(channelContext.pipeline())) {
            // An error would wait for the handshake as well.
            frontend.close();
        } else if (frontend != null) {
            frontend.sendAndClose(sequenceId, error);
            // Whoever does not take that at once is not waited for.
            frontend.close();
        }
    }

    private void cancelDeadline() {
        if (deadline != null) {
            deadline.cancel(false);
        }
    }

    private void dropPending() {
        ByteBuf rest = pending;
        pending = null;
        if (rest != null) {
            rest.release();
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        dropPending();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        step = Step.CLOSED;
        cancelDeadline();
        dropPending();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (step != Step.CLOSED) {
            if (cause instanceof IOException && !(cause instanceof SSLException)) {
                // Port scanners reset their connections: there is nothing to be said about it.
                LOGGER.debug("client {}: {}", address(), cause.getMessage());
            } else {
                notice().log("login failed: {}", String.valueOf(cause.getMessage()));
            }
        }
        refuse(ErrorCode.ER_HANDSHAKE_ERROR.toPacket(), 1);
    }
}
