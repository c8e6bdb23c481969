package dev.sluice.server.admin.port;

import dev.sluice.server.admin.OperationDesk;
import dev.sluice.server.admin.RecordingAdministration;
import dev.sluice.server.frontend.Frontends;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;

/** An operator who says anything, once as commands and once as a statement. Thread-safe: functions without state. */
public final class FuzzedAdmin {
    private static final OperationDesk CLOSED = closedDesk();

    private FuzzedAdmin() {}

    /** What it has no room for it refuses on the caller's thread: nothing is carried out, and nothing happens elsewhere. */
    private static OperationDesk closedDesk() {
        OperationDesk desk = new OperationDesk(new RecordingAdministration());
        desk.close();
        return desk;
    }

    /** Throws if it is a finding. */
    public static void run(byte[] input) {
        Chatter.Answer answer = chatter().answer(new String(input, StandardCharsets.UTF_8));
        if (answer instanceof Chatter.Answer.Rows rows) {
            rows.table().rows().forEach(row -> {
                if (row.size() != rows.table().columns().size()) {
                    throw new AssertionError("a row of " + row.size() + " values under "
                            + rows.table().columns());
                }
            });
        }
        commands(input);
    }

    private static Chatter chatter() {
        return new Chatter("8.0.31-sluice-1", "op@127.0.0.1", 42);
    }

    private static void commands(byte[] input) {
        EmbeddedChannel channel = new EmbeddedChannel();
        AdminCommandHandler handler = new AdminCommandHandler(Frontends.of(channel, 0), CLOSED, chatter(), "op");
        channel.pipeline().addLast(handler);
        int half = input.length / 2;
        write(channel, handler, Unpooled.buffer().writeBytes(input, 0, half));
        write(channel, handler, Unpooled.buffer().writeBytes(input, half, input.length - half));
        channel.finishAndReleaseAll();
    }

    /** Not through the pipeline, in which the handler takes its own exceptions for those of a broken connection. */
    private static void write(EmbeddedChannel channel, AdminCommandHandler handler, ByteBuf bytes) {
        ChannelHandlerContext context = channel.pipeline().context(handler);
        if (context == null) {
            bytes.release();
        } else {
            handler.channelRead(context, bytes);
            channel.runPendingTasks();
        }
    }
}
