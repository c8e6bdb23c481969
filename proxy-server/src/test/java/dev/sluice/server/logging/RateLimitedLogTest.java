package dev.sluice.server.logging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

class RateLimitedLogTest {
    private final Logger logger = new LoggerContext().getLogger("test");
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    // Starts near the overflow, which System.nanoTime is allowed to do.
    private long now = Long.MAX_VALUE - 5;
    private final RateLimitedLog log = new RateLimitedLog(logger, 2, Duration.ofNanos(10), () -> now);

    @BeforeEach
    void collect() {
        lines.start();
        logger.addAppender(lines);
    }

    private List<String> messages() {
        return lines.list.stream()
                .map(event -> event.getMessage() + (event.getKeyValuePairs() == null ? "" : event.getKeyValuePairs()))
                .toList();
    }

    private void repeat(int times, String event) {
        for (int i = 0; i < times; i++) {
            log.at(Level.WARN, event).log();
        }
    }

    @Test
    void anEventIsLoggedAFewTimesAnIntervalAndTheRestIsCounted() {
        repeat(5, "login failed");
        now += 10;
        repeat(2, "login failed");

        assertThat(messages())
                .containsExactly("login failed", "login failed", "login failed[suppressed=\"3\"]", "login failed");
    }

    @Test
    void eventsDoNotUseUpEachOthersLines() {
        repeat(3, "a");
        repeat(1, "b");

        assertThat(messages()).containsExactly("a", "a", "b");
    }

    @Test
    void aLevelThatIsOffUsesNothingUp() {
        logger.setLevel(ch.qos.logback.classic.Level.ERROR);
        repeat(9, "a");
        logger.setLevel(ch.qos.logback.classic.Level.WARN);
        repeat(1, "a");

        assertThat(messages()).containsExactly("a");
    }

    @Test
    void eventsBeyondTheBoundShareOneBudget() {
        for (int i = 0; i < 300; i++) {
            repeat(1, "event " + i);
        }

        assertThat(lines.list).hasSize(256 + 2);
    }

    @Test
    void aLimitBelowOneIsRefused() {
        assertThatThrownBy(() -> new RateLimitedLog(logger, 0, Duration.ofSeconds(1), System::nanoTime))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
