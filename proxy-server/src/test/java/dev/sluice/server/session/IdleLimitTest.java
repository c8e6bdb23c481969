package dev.sluice.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.session.StateVector;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.timeout.IdleStateHandler;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which wait_timeout shortens the time that a client may be idle: the configuration says 600 seconds. */
class IdleLimitTest {
    private final EmbeddedChannel channel = new EmbeddedChannel(new IdleStateHandler(600, 0, 0));
    private final IdleLimit limit = new IdleLimit(channel);

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    private long seconds() {
        IdleStateHandler handler = channel.pipeline().get(IdleStateHandler.class);
        return TimeUnit.MILLISECONDS.toSeconds(handler.getReaderIdleTimeInMillis() + handler.getAllIdleTimeInMillis());
    }

    @ParameterizedTest
    @CsvSource({"10,10", "1,1", "600,600", "601,600", "31536000,600"})
    void theShorterOneCounts(String wanted, long expected) {
        limit.follow(StateVector.empty().with("wait_timeout", wanted));
        assertThat(seconds()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"0", "-1", "x", "''", "'10; DROP TABLE t'", "99999999999999999999", "1e3"})
    void whatNoServerCanHaveSetIsNotBelieved(String reported) {
        limit.follow(StateVector.empty().with("wait_timeout", reported));
        assertThat(seconds()).isEqualTo(600);
    }

    @Test
    void theConfiguredOneComesBackWithTheSetting() {
        limit.follow(StateVector.empty().with("wait_timeout", "10"));
        limit.follow(StateVector.empty());
        assertThat(seconds()).isEqualTo(600);
    }
}
