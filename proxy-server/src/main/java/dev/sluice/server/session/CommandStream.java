package dev.sluice.server.session;

import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.frontend.Frontend;
import io.netty.buffer.ByteBuf;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The rest of a command that is too large to be kept whole: whether it is still to come, whether it is wanted, and where it
 * goes. Confined to the session's event loop.
 */
final class CommandStream {
    private final Frontend frontend;
    private final Supplier<@Nullable BackendConnection> server;
    private boolean open;
    private boolean discarding;
    private @Nullable ErrPacket errorBehind;

    /** @param server where the command runs now */
    CommandStream(Frontend frontend, Supplier<@Nullable BackendConnection> server) {
        this.frontend = frontend;
        this.server = server;
    }

    void begin() {
        open = true;
    }

    /** Whether pieces are still to come. */
    boolean isOpen() {
        return open;
    }

    /** Whether what comes is thrown away. */
    boolean isDiscarding() {
        return discarding;
    }

    /** Whether bytes can be taken now. */
    boolean takesBytes() {
        BackendConnection target = server.get();
        return discarding || (target != null && target.channel().isWritable());
    }

    /** Passes on a piece. Takes the reference. */
    void take(ByteBuf bytes) {
        BackendConnection target = server.get();
        if (target == null) {
            bytes.release();
        } else {
            target.sendBytes(bytes);
        }
    }

    /** The rest, if there is any, is not wanted; {@code error} is the answer behind it, null if the client has one already. */
    void discardRest(@Nullable ErrPacket error) {
        discarding = open;
        errorBehind = open ? error : null;
    }

    /** The last piece has come, in the last of so many packets; whether it was wanted. */
    boolean end(int packets) {
        ErrPacket error = errorBehind;
        boolean wanted = !discarding;
        open = false;
        discarding = false;
        errorBehind = null;
        if (error != null) {
            frontend.send(packets & 0xFF, error);
        }
        return wanted;
    }
}
