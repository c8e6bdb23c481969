package dev.sluice.server.session;

import dev.sluice.protocol.packet.ErrPacket;
import org.jspecify.annotations.Nullable;

/**
 * The rest of a command that is too large to be kept whole: whether it is still to come, and whether it is wanted. Confined
 * to the session's event loop.
 */
final class CommandStream {
    private boolean open;
    private boolean discarding;
    private @Nullable ErrPacket errorBehind;

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

    /** The rest is not wanted; {@code error} is the answer behind it, null if the client has one already. */
    void discardRest(@Nullable ErrPacket error) {
        discarding = true;
        errorBehind = error;
    }

    /** The last piece has come; returns the error that the client is owed. */
    @Nullable
    ErrPacket end() {
        ErrPacket error = errorBehind;
        open = false;
        discarding = false;
        errorBehind = null;
        return error;
    }
}
