package dev.sluice.server.session;

import dev.sluice.router.session.StateVector;
import io.netty.channel.Channel;
import io.netty.handler.timeout.IdleStateHandler;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How long a client may be idle: as long as the configuration says, or a shorter time that its session has set as
 * wait_timeout. No server can see to that, for none waits while the session is idle. Confined to the session's event loop.
 */
final class IdleLimit {
    private static final String VARIABLE = "wait_timeout";
    private static final String HANDLER = "idle";
    private static final Pattern SECONDS = Pattern.compile("[1-9]\\d{0,8}");

    private final Channel channel;
    private @Nullable StateVector seen;
    private @Nullable String seconds;
    /** What the configuration says; 0 until something else is wanted for the first time. */
    private long configuredMillis;

    IdleLimit(Channel channel) {
        this.channel = channel;
    }

    /** The session may have another setting now. */
    @SuppressWarnings("ReferenceEquality") // immutable, and replaced as a whole
    void follow(StateVector vector) {
        if (vector == seen) {
            return;
        }
        seen = vector;
        String wanted = vector.get(VARIABLE);
        IdleStateHandler handler = channel.pipeline().get(IdleStateHandler.class);
        if (handler == null || Objects.equals(wanted, seconds)) {
            return;
        }
        seconds = wanted;
        if (configuredMillis == 0) {
            configuredMillis = handler.getReaderIdleTimeInMillis();
        }
        long millis = wanted == null ? configuredMillis : Math.min(configuredMillis, millis(wanted));
        // A server counts from the end of its answer.
        channel.pipeline().replace(handler, HANDLER, new IdleStateHandler(0, 0, millis, TimeUnit.MILLISECONDS));
    }

    /** What a server says may be anything: only a number of seconds that it can have been set to shortens the limit. */
    private static long millis(String seconds) {
        boolean valid = SECONDS.matcher(seconds).matches();
        return valid ? TimeUnit.SECONDS.toMillis(Long.parseLong(seconds)) : Long.MAX_VALUE;
    }
}
