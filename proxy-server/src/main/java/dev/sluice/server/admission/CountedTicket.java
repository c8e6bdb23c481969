package dev.sluice.server.admission;

import dev.sluice.protocol.ErrorCode;
import dev.sluice.protocol.packet.ErrPacket;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A place among a number of connections that are only counted. Confined to the session's event loop. */
public final class CountedTicket implements Ticket {
    private final AtomicInteger open;
    private final int max;
    private boolean entered;
    private boolean left;

    /**
     * @param open how many there are
     * @param max how many there may be
     */
    public CountedTicket(AtomicInteger open, int max) {
        this.open = open;
        this.max = max;
    }

    @Override
    public @Nullable ErrPacket enter() {
        if (left) {
            return ErrorCode.ER_CON_COUNT_ERROR.toPacket();
        }
        if (open.incrementAndGet() > max) {
            open.decrementAndGet();
            return ErrorCode.ER_CON_COUNT_ERROR.toPacket();
        }
        entered = true;
        return null;
    }

    @Override
    public @Nullable ErrPacket mayLogIn(String user, boolean usesPassword) {
        return null;
    }

    @Override
    public @Nullable ErrPacket tryAgain() {
        return null;
    }

    @Override
    public @Nullable ErrPacket loggedIn(String user) {
        return null;
    }

    @Override
    public void leave() {
        left = true;
        if (entered) {
            entered = false;
            open.decrementAndGet();
        }
    }
}
