package dev.sluice.server.session;

import dev.sluice.router.session.StateVector;
import dev.sluice.server.frontend.Frontend;
import java.time.Duration;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How long a client may take nothing of an answer: as the configuration says, or longer if its session has set net_write_timeout to
 * more, as drivers do for results that they read bit by bit. Confined to the session's event loop.
 */
final class WriteLimit {
    private static final String VARIABLE = "net_write_timeout";
    private static final Pattern SECONDS = Pattern.compile("[1-9]\\d{0,8}");
    /** What the configuration could say at most. */
    private static final Duration LONGEST = Duration.ofHours(1);

    private final Frontend frontend;
    private @Nullable StateVector seen;
    private @Nullable String seconds;

    WriteLimit(Frontend frontend) {
        this.frontend = frontend;
    }

    /** The session may have another setting now. */
    @SuppressWarnings("ReferenceEquality") // immutable, and replaced as a whole
    void follow(StateVector vector) {
        if (vector == seen) {
            return;
        }
        seen = vector;
        String wanted = vector.get(VARIABLE);
        if (!Objects.equals(wanted, seconds)) {
            seconds = wanted;
            frontend.netWriteTimeout(wanted == null ? Duration.ZERO : duration(wanted));
        }
    }

    /** What a server says may be anything. */
    private static Duration duration(String seconds) {
        Duration set = SECONDS.matcher(seconds).matches() ? Duration.ofSeconds(Long.parseLong(seconds)) : Duration.ZERO;
        return set.compareTo(LONGEST) < 0 ? set : LONGEST;
    }
}
