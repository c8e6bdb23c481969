package dev.sluice.server.session;

import dev.sluice.router.session.StateVector;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How long a client may be idle: the session's wait_timeout, if it has set one and that is shorter than what the
 * configuration says. As with a server the time counts from the end of the last answer.
 *
 * <p>One timer looks now and then when that was, so a command costs nothing. Confined to the session's event loop.
 */
final class IdleLimit {
    private static final String VARIABLE = "wait_timeout";
    private static final Pattern SECONDS = Pattern.compile("[1-9]\\d{0,8}");

    /** What the session does. */
    interface Activity {
        /** Whether no command is under way. */
        boolean isIdle();

        /** When the last command was answered or part of one came, or the session began. */
        long activeNanos();

        /** The client has been idle for too long. */
        void idleTimeout();
    }

    private final EventExecutor loop;
    private final LongSupplier nanoClock;
    private final Activity activity;
    private final long configuredNanos;
    private long limitNanos;
    private @Nullable StateVector seen;
    private @Nullable String seconds;
    private @Nullable Future<?> next;
    private boolean ended;

    /** Begins to look, until it is told to {@link #end}. */
    IdleLimit(EventExecutor loop, LongSupplier nanoClock, Duration configured, Activity activity) {
        this.loop = loop;
        this.nanoClock = nanoClock;
        this.activity = activity;
        this.configuredNanos = configured.toNanos();
        this.limitNanos = configuredNanos;
        lookIn(limitNanos);
    }

    /** The session may have another setting now. */
    @SuppressWarnings("ReferenceEquality") // immutable, and replaced as a whole
    void follow(StateVector vector) {
        if (vector == seen) {
            return;
        }
        seen = vector;
        String wanted = vector.get(VARIABLE);
        if (Objects.equals(wanted, seconds)) {
            return;
        }
        seconds = wanted;
        limitNanos = wanted == null ? configuredNanos : Math.min(configuredNanos, nanos(wanted));
        cancel();
        lookIn(limitNanos);
    }

    /** What a server says may be anything: only a number of seconds that it can have been set to shortens the limit. */
    private static long nanos(String seconds) {
        boolean valid = SECONDS.matcher(seconds).matches();
        return valid ? TimeUnit.SECONDS.toNanos(Long.parseLong(seconds)) : Long.MAX_VALUE;
    }

    private void lookIn(long nanos) {
        if (ended) {
            return;
        }
        next = loop.schedule(this::look, nanos, TimeUnit.NANOSECONDS);
    }

    private void look() {
        if (!activity.isIdle()) {
            lookIn(limitNanos);
            return;
        }
        long left = limitNanos - (nanoClock.getAsLong() - activity.activeNanos());
        if (left > 0) {
            lookIn(left);
        } else {
            next = null;
            activity.idleTimeout();
        }
    }

    /** The session has ended: nobody looks any more. */
    void end() {
        ended = true;
        cancel();
    }

    private void cancel() {
        Future<?> scheduled = next;
        next = null;
        if (scheduled != null) {
            scheduled.cancel(false);
        }
    }
}
