package dev.sluice.server.backend;

import dev.sluice.protocol.response.ResponseScanner;
import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.protocol.response.Step;
import dev.sluice.server.backend.BackendFailure.Kind;
import io.netty.buffer.ByteBuf;

/**
 * The answers to COM_RESET_CONNECTION and the tracker settings behind it; the connection is lent again only after two OKs.
 * Confined to the session's event loop.
 */
final class ResetResponse extends PendingResponse {
    private final BackendConnection connection;
    private final Runnable answered;
    private final Runnable clean;
    private int answersLeft = 2;
    private boolean refused;

    /**
     * @param answered called when the server has answered, or never will
     * @param clean called when the connection can be lent
     */
    ResetResponse(BackendConnection connection, Runnable answered, Runnable clean) {
        this.connection = connection;
        this.answered = answered;
        this.clean = clean;
    }

    @Override
    public ResponseShape shape() {
        return ResponseShape.SIMPLE;
    }

    @Override
    public boolean consume(ResponseScanner scanner, ByteBuf in) {
        while (!scanner.isComplete()) {
            Step step = scanner.next(in);
            if (step == Step.NEED_MORE) {
                return false;
            }
            refused |= step == Step.ERR;
        }
        return false;
    }

    @Override
    public void completed() {
        answersLeft--;
        if (refused || answersLeft == 0) {
            answered.run();
        }
        if (refused) {
            connection.fail(BackendFailure.of(Kind.BROKEN, "the backend refused COM_RESET_CONNECTION"));
        } else if (answersLeft == 0) {
            clean.run();
        }
    }

    @Override
    public void failed(BackendFailure failure) {
        answered.run();
        // The connection is closed already; onClose has given its slot back.
    }
}
