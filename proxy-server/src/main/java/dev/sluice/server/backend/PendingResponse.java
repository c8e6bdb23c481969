package dev.sluice.server.backend;

import dev.sluice.protocol.response.ResponseScanner;
import dev.sluice.protocol.response.ResponseShape;
import io.netty.buffer.ByteBuf;

/**
 * The receiver of one response that a backend owes. Responses arrive in the order in which their commands were written.
 * Confined to the session's event loop.
 */
public abstract class PendingResponse {
    /** The first sequence id of the response is whatever the server sends: the command was longer than one packet. */
    public static final int ANY_SEQUENCE_ID = ResponseScanner.ANY_SEQUENCE_ID;

    /** The shape of the reply. */
    public abstract ResponseShape shape();

    /** Whether the packets keep their form; false when EOF packets are to be inserted for an older client. */
    public boolean deprecatesEof() {
        return true;
    }

    /** The sequence id of the first packet of the response, or {@link #ANY_SEQUENCE_ID}. */
    public int firstSequenceId() {
        return 1;
    }

    /** Whether the command lets the server ask for a file, and whoever receives this response can get it one. */
    public boolean offersFile() {
        return false;
    }

    /** Whether another session than the one that has the connection waits for it: the connection must not end before it is here. */
    public boolean isForAnother() {
        return false;
    }

    /**
     * Takes what has arrived of this response: calls {@link ResponseScanner#next} until the response is complete or
     * more bytes are needed. Whatever is to outlive the call must be retained or copied.
     *
     * @return whether the buffer was passed on, with all that was left of it: it is no longer the caller's
     */
    public abstract boolean consume(ResponseScanner scanner, ByteBuf in);

    /** The response has arrived whole. */
    public abstract void completed();

    /** The connection ended before the response was whole. Called once, instead of {@link #completed()}. */
    public abstract void failed(BackendFailure failure);
}
