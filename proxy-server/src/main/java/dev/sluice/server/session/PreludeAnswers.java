package dev.sluice.server.session;

import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.protocol.response.ResponseShape;
import org.jspecify.annotations.Nullable;

/**
 * The answers to the commands in front of a client's command. Reused from command to command. Confined to the session's
 * event loop.
 */
final class PreludeAnswers extends InternalResponse {
    private final Runnable whenAll;
    private int left;
    private @Nullable ErrPacket stateError;
    private @Nullable ErrPacket prepareError;

    PreludeAnswers(Runnable whenAll) {
        super(ResponseShape.SIMPLE);
        this.whenAll = whenAll;
    }

    /** Expects this many answers from now on. */
    void expectTo(int answers) {
        left = answers;
        stateError = null;
        prepareError = null;
    }

    /** The first error in bringing the session's state to the connection, or null. */
    @Nullable
    ErrPacket stateError() {
        return stateError;
    }

    /** The error of preparing the statement on the connection, or null; the connection is sound. */
    @Nullable
    ErrPacket prepareError() {
        return prepareError;
    }

    /** The statement was prepared on the connection, or could not be. */
    void prepared(@Nullable ErrPacket error) {
        prepareError = error;
        countDown();
    }

    @Override
    void answered() {
        if (stateError == null) {
            stateError = error();
        }
        countDown();
    }

    /** The answer to a wait on a replica has come. */
    void waited() {
        countDown();
    }

    private void countDown() {
        left--;
        if (left == 0) {
            whenAll.run();
        }
    }
}
