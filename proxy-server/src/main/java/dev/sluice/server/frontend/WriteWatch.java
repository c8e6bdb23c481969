package dev.sluice.server.frontend;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Gives up a client that takes nothing of what waits for it, as servers do (net_write_timeout). It looks at the channel a few times
 * in that time, and only while something waits. Confined to the session's event loop.
 *
 * <p>Nothing was taken if what is first in line is the same as before, and as much of it is left. While nothing is added that
 * cannot be something else in the same buffer; so what is added counts as progress. There is a bound to that: whoever takes
 * nothing gets no more answers soon.
 */
final class WriteWatch {
    /** It may take this part of the time longer to notice. */
    private static final int LOOKS = 4;

    private final Channel channel;
    private final Supplier<Duration> limit;
    private final IntSupplier writes;
    private final Runnable givenUp;
    private @Nullable Future<?> next;
    private @Nullable Object first;
    private long taken;
    private int written;
    private int unchanged;
    private boolean toTheEnd;

    /**
     * @param limit how long a client may take nothing
     * @param writes how often something was written for it
     * @param givenUp closes the connection
     */
    WriteWatch(Channel channel, Supplier<Duration> limit, IntSupplier writes, Runnable givenUp) {
        this.channel = channel;
        this.limit = limit;
        this.writes = writes;
        this.givenUp = givenUp;
        channel.closeFuture().addListener(closed -> end());
    }

    /** Something waits for the client. */
    void begin() {
        if (next == null && channel.isOpen()) {
            boolean unused = hasMoved();
            unchanged = 0;
            schedule();
        }
    }

    /** What waits for the client is the last that it gets: nothing else would end its connection. */
    void beginToTheEnd() {
        toTheEnd = true;
        begin();
    }

    private void schedule() {
        next = channel.eventLoop().schedule(this::look, limit.get().toNanos() / LOOKS, TimeUnit.NANOSECONDS);
    }

    private void look() {
        ChannelOutboundBuffer waiting = channel.unsafe().outboundBuffer();
        boolean anything = waiting != null && waiting.totalPendingWriteBytes() > 0;
        if (!anything && !toTheEnd) {
            end();
            return;
        }
        unchanged = hasMoved() ? 0 : unchanged + 1;
        if (unchanged == LOOKS) {
            end();
            givenUp.run();
        } else {
            schedule();
        }
    }

    /** Whether anything is different from when it was asked before. */
    @SuppressWarnings("ReferenceEquality") // the same buffer, not one with the same bytes
    private boolean hasMoved() {
        ChannelOutboundBuffer waiting = channel.unsafe().outboundBuffer();
        Object firstNow = waiting == null ? null : waiting.current();
        long takenNow = firstNow == null ? 0 : waiting.currentProgress();
        int writtenNow = writes.getAsInt();
        boolean moved = firstNow != first || takenNow != taken || writtenNow != written;
        first = firstNow;
        taken = takenNow;
        written = writtenNow;
        return moved;
    }

    private void end() {
        Future<?> scheduled = next;
        next = null;
        first = null;
        if (scheduled != null) {
            scheduled.cancel(false);
        }
    }
}
