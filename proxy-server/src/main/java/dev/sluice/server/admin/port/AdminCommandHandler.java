package dev.sluice.server.admin.port;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.ErrorCode;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.ServerStatus;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.server.admin.AdminGrammar;
import dev.sluice.server.admin.AdminRequest;
import dev.sluice.server.admin.Administration;
import dev.sluice.server.admin.Operation;
import dev.sluice.server.admin.OperationDesk;
import dev.sluice.server.admin.OperationException;
import dev.sluice.server.admin.Refusal;
import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.frontend.Frontend;
import dev.sluice.server.frontend.TextResultSet;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.timeout.IdleStateEvent;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The command phase of the admin port: one command after the other, each answered before the next is read. Confined to
 * the event loop of the admin port.
 */
final class AdminCommandHandler extends ChannelInboundHandlerAdapter {
    private static final Logger LOGGER = LoggerFactory.getLogger(AdminCommandHandler.class);
    /** The longest command, in payload bytes; {@code @@max_allowed_packet} says so. */
    private static final int COMMAND_BYTES_MAX = 256 * 1024;

    private static final int ER_UNKNOWN_SYSTEM_VARIABLE = 1193;
    private static final int STATUS = ServerStatus.SERVER_STATUS_AUTOCOMMIT;

    private final Frontend client;
    private final OperationDesk desk;
    private final Chatter chatter;
    private final String user;
    private @Nullable ByteBuf pending;
    private boolean running;
    private boolean closed;

    AdminCommandHandler(Frontend client, OperationDesk desk, Chatter chatter, String user) {
        this.client = client;
        this.desk = desk;
        this.chatter = chatter;
        this.user = user;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        if (closed) {
            bytes.release();
            return;
        }
        ByteBuf kept = pending;
        if (kept == null) {
            pending = bytes;
        } else {
            kept.discardSomeReadBytes();
            kept.writeBytes(bytes);
            bytes.release();
        }
        process();
    }

    private void process() {
        boolean more = true;
        while (more && !closed && !running && client.channel().isWritable()) {
            more = takeCommand();
        }
        ByteBuf rest = pending;
        if (closed || (rest != null && !rest.isReadable())) {
            dropPending();
        }
        boolean full = pending != null && pending.readableBytes() > Packets.HEADER_LENGTH + COMMAND_BYTES_MAX;
        client.channel().config().setAutoRead(!full);
    }

    /** Takes one command out of what has arrived; false if there is no whole one. */
    private boolean takeCommand() {
        ByteBuf in = pending;
        if (in == null || in.readableBytes() < Packets.HEADER_LENGTH) {
            return false;
        }
        int length = in.getUnsignedMediumLE(in.readerIndex());
        if (length > COMMAND_BYTES_MAX) {
            end(ErrorCode.ER_NET_PACKET_TOO_LARGE);
            return false;
        }
        if (length == 0 || in.getUnsignedByte(in.readerIndex() + 3) != 0) {
            end(length == 0 ? ErrorCode.ER_MALFORMED_PACKET : ErrorCode.ER_NET_PACKETS_OUT_OF_ORDER);
            return false;
        }
        if (in.readableBytes() < Packets.HEADER_LENGTH + length) {
            return false;
        }
        in.skipBytes(Packets.HEADER_LENGTH);
        CommandType type = CommandType.of(in.readByte());
        String argument =
                in.readCharSequence(length - 1, StandardCharsets.UTF_8).toString();
        onCommand(type, argument);
        return true;
    }

    private void end(ErrorCode error) {
        closed = true;
        client.sendAndClose(1, error.toPacket());
    }

    private void onCommand(CommandType type, String argument) {
        switch (type) {
            case COM_QUERY -> query(argument);
            case COM_PING, COM_INIT_DB, COM_RESET_CONNECTION -> client.sendOk(STATUS);
            case COM_FIELD_LIST, COM_SET_OPTION -> {
                client.write(TextResultSet.end(client.channel().alloc(), client.deprecatesEof(), STATUS));
                client.flush();
            }
            case COM_STATISTICS ->
                client.send(
                        1, (out, capabilities) -> out.writeCharSequence("Sluice admin port", StandardCharsets.UTF_8));
            case COM_QUIT -> {
                closed = true;
                client.close();
            }
            case COM_STMT_PREPARE -> client.sendError(ErrorCode.ER_UNSUPPORTED_PS);
            // Nobody waits for an answer to these two.
            case COM_STMT_CLOSE, COM_STMT_SEND_LONG_DATA -> {}
            default -> client.sendError(ErrorCode.ER_UNKNOWN_COM_ERROR);
        }
    }

    private void query(String statement) {
        Chatter.Answer answer = chatter.answer(statement);
        if (answer instanceof Chatter.Answer.Rows rows) {
            send(rows.table());
        } else if (answer instanceof Chatter.Answer.UnknownVariable unknown) {
            String message = "Unknown system variable '" + unknown.name() + "'";
            client.send(1, new ErrPacket(ER_UNKNOWN_SYSTEM_VARIABLE, "HY000", message));
        } else if (answer != null) {
            client.sendOk(STATUS);
        } else {
            operate(statement);
        }
    }

    private void operate(String statement) {
        try {
            AdminRequest request = AdminGrammar.parse(statement);
            if (request instanceof AdminRequest.Operate operate) {
                submit(operate.operation());
            } else if (request instanceof AdminRequest.Help help) {
                send(help.answer());
            }
        } catch (OperationException e) {
            refuse(Refusal.of(e.kind()), String.valueOf(e.getMessage()));
        }
    }

    private void submit(Operation operation) {
        running = true;
        desk.submit(
                operation,
                new Administration.Caller(user, Administration.Door.ADMIN_PORT, client.address(), null),
                outcome -> client.channel().eventLoop().execute(() -> finish(outcome)));
    }

    private void finish(OperationDesk.Outcome outcome) {
        running = false;
        if (closed) {
            return;
        }
        if (outcome instanceof OperationDesk.Outcome.Done done) {
            send(done.table());
        } else if (outcome instanceof OperationDesk.Outcome.Refused refused) {
            refuse(refused.refusal(), refused.message());
        }
        process();
    }

    private void refuse(Refusal refusal, String message) {
        client.send(1, new ErrPacket(refusal.errorCode(), refusal.sqlState(), message));
    }

    private void send(ResultTable table) {
        TextResultSet rows = new TextResultSet(table.columns());
        table.rows().forEach(rows::row);
        client.write(rows.encode(client.channel().alloc(), client.deprecatesEof(), STATUS));
        client.flush();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        process();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof IdleStateEvent && !running) {
            end(ErrorCode.ER_CLIENT_INTERACTION_TIMEOUT);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        closed = true;
        dropPending();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        dropPending();
    }

    private void dropPending() {
        ByteBuf rest = pending;
        pending = null;
        if (rest != null) {
            rest.release();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        LOGGER.debug("an admin connection failed", cause);
        closed = true;
        client.close();
    }
}
