package dev.sluice.server.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sluice.router.topology.PositionSample;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeartbeatWriterTest {
    private static final Heartbeat HEARTBEAT = new Heartbeat("ops.beat", true);

    @Test
    void itWritesOnWhoeverIsThePrimaryAndNowhereElse() throws InterruptedException {
        List<Integer> written = new CopyOnWriteArrayList<>();
        CountDownLatch enough = new CountDownLatch(3);
        AtomicInteger asked = new AtomicInteger();
        CannedServer server = new CannedServer().answer(HEARTBEAT.writeStatement());
        int[] primaries = {-1, 2, -1, 1, 1};
        List<String> announced = new CopyOnWriteArrayList<>();
        PositionListener listener = new PositionListener() {
            @Override
            public void ownWriteBegins() {
                announced.add("begins");
            }

            @Override
            public void ownWriteEnded(boolean answered) {
                announced.add("ended " + answered);
            }

            @Override
            public void sampled(int ordinal, PositionSample sample) {
                throw new AssertionError("nothing is read here");
            }
        };
        try (HeartbeatWriter writer = new HeartbeatWriter(
                HEARTBEAT,
                Duration.ofMillis(1),
                () -> primaries[Math.min(asked.getAndIncrement(), primaries.length - 1)],
                ordinal -> {
                    written.add(ordinal);
                    enough.countDown();
                    return server.connection();
                },
                List.of(listener))) {
            writer.start();
            assertThat(enough.await(10, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(written).startsWith(2, 1, 1);
        assertThat(announced).startsWith("begins", "ended true", "begins", "ended true");
        assertThat(server.asked.get(0)).contains("INSERT INTO `ops`.`beat`").contains("lock_wait_timeout = 1");
    }

    @Test
    void itGoesOnAfterAFailure() throws InterruptedException {
        CountDownLatch attempts = new CountDownLatch(3);
        try (HeartbeatWriter writer = new HeartbeatWriter(
                HEARTBEAT,
                Duration.ofMillis(1),
                () -> 0,
                ordinal -> {
                    attempts.countDown();
                    if (attempts.getCount() == 1) {
                        throw new IllegalStateException("the pool is closed");
                    }
                    throw new SQLException("refused", "42000", 1142);
                },
                List.of())) {
            writer.start();
            assertThat(attempts.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"beat", "a.b.c", "a`.b", "a.b;c", ""})
    void aTableThatWouldNeedQuotingIsRefused(String table) {
        assertThatIllegalArgumentException().isThrownBy(() -> new Heartbeat(table, false));
    }
}
