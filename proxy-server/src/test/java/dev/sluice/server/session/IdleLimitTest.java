package dev.sluice.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.session.StateVector;
import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When a client has been idle for too long: the configuration says 600 seconds. */
class IdleLimitTest {
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private boolean busy;
    private long now;
    private long answered;
    private int timeouts;
    private IdleLimit limit;

    @BeforeEach
    void begin() {
        channel.freezeTime();
        limit = new IdleLimit(channel.eventLoop(), () -> now, Duration.ofMinutes(10), new IdleLimit.Activity() {
            @Override
            public boolean isIdle() {
                return !busy;
            }

            @Override
            public long activeNanos() {
                return answered;
            }

            @Override
            public void idleTimeout() {
                timeouts++;
            }
        });
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    private void pass(long seconds) {
        for (long i = 0; i < seconds; i++) {
            now += TimeUnit.SECONDS.toNanos(1);
            channel.advanceTimeBy(1, TimeUnit.SECONDS);
            channel.runScheduledPendingTasks();
        }
    }

    /** Seconds until the client is told, counted from now. */
    private long secondsLeft() {
        for (long seconds = 1; seconds <= 2_000; seconds++) {
            pass(1);
            if (timeouts > 0) {
                return seconds;
            }
        }
        return -1;
    }

    @ParameterizedTest
    @CsvSource({"10,10", "1,1", "600,600", "601,600", "31536000,600"})
    void theShorterOneCounts(String wanted, long expected) {
        limit.follow(StateVector.empty().with("wait_timeout", wanted));
        assertThat(secondsLeft()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"0", "-1", "x", "''", "'10; DROP TABLE t'", "99999999999999999999", "1e3"})
    void whatNoServerCanHaveSetIsNotBelieved(String reported) {
        limit.follow(StateVector.empty().with("wait_timeout", reported));
        assertThat(secondsLeft()).isEqualTo(600);
    }

    @Test
    void theConfiguredOneComesBackWithTheSetting() {
        limit.follow(StateVector.empty().with("wait_timeout", "10"));
        limit.follow(StateVector.empty());
        assertThat(secondsLeft()).isEqualTo(600);
    }

    @Test
    void itCountsFromTheLastAnswer() {
        for (int i = 0; i < 5; i++) {
            pass(599);
            answered = now;
        }
        assertThat(timeouts).isZero();
        assertThat(secondsLeft()).isEqualTo(600);
    }

    @Test
    void aLongStatementIsNotIdleness() {
        busy = true;
        pass(1_450);
        busy = false;
        answered = now;
        assertThat(secondsLeft()).isEqualTo(600);
    }

    @Test
    void aClientThatIsGoneIsLookedAtNoMore() {
        limit.follow(StateVector.empty().with("wait_timeout", "10"));
        limit.end();
        limit.follow(StateVector.empty());
        assertThat(secondsLeft()).isEqualTo(-1);
    }
}
