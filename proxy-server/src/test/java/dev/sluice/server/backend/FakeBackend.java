package dev.sluice.server.backend;

import dev.sluice.protocol.testing.Hex;
import dev.sluice.router.session.StateVector;
import dev.sluice.server.auth.LoginName;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A backend connection whose server is the test: it reads what was sent and says what is received. Confined to one test. */
public final class FakeBackend {
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final BackendConnection connection;

    public FakeBackend() {
        this(new PoolKey(0, LoginName.of("app"), 0), 0);
    }

    FakeBackend(PoolKey key, long createdNanos) {
        connection = new BackendConnection(channel, key, 7, StateVector.empty(), createdNanos);
        channel.pipeline().addLast(new BackendHandler(connection));
    }

    public BackendConnection connection() {
        return connection;
    }

    public EmbeddedChannel channel() {
        return channel;
    }

    /** The server sends these bytes in one piece. */
    public void receive(byte[] bytes) {
        receive(Unpooled.copiedBuffer(bytes));
    }

    /** The same with a buffer, which is no longer the caller's. */
    public void receive(ByteBuf bytes) {
        channel.writeInbound(bytes);
    }

    /** Everything that was flushed since the last call. */
    public byte[] sent() {
        ByteBuf all = Unpooled.buffer();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            all.writeBytes(part);
            part.release();
        }
        byte[] bytes = new byte[all.readableBytes()];
        all.readBytes(bytes);
        return bytes;
    }

    String hexSent() {
        return Hex.of(sent());
    }

    /** The commands that were flushed since the last call: code in hexadecimal, blank, argument. */
    public List<String> commands() {
        List<String> commands = new ArrayList<>();
        ByteBuf all = Unpooled.wrappedBuffer(sent());
        while (all.isReadable()) {
            int length = all.readUnsignedMediumLE();
            int sequenceId = all.readUnsignedByte();
            if (sequenceId != 0) {
                throw new AssertionError("a command starts with sequence id 0, not " + sequenceId);
            }
            String code = "%02x ".formatted(all.readByte());
            commands.add(code + all.readCharSequence(length - 1, StandardCharsets.UTF_8));
        }
        return commands;
    }

    public void close() {
        connection.close();
        channel.finishAndReleaseAll();
    }
}
