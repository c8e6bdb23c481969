package dev.sluice.server.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LingeringCloseTest {
    private final FakeBackend backend = new FakeBackend();

    @AfterEach
    void close() {
        backend.close();
    }

    private void pass(long millis) {
        backend.channel().advanceTimeBy(millis, TimeUnit.MILLISECONDS);
        backend.channel().runScheduledPendingTasks();
    }

    @Test
    void anIdleServerIsToldAndTheChannelStaysOpenUntilItHasClosed() {
        backend.channel().freezeTime();
        backend.connection().close();
        assertThat(backend.commands()).containsExactly("01 ");
        assertThat(backend.channel().isOpen()).isTrue();
        pass(LingeringClose.QUIET_MAX.toMillis() - 1);
        assertThat(backend.channel().isOpen()).isTrue();
        pass(1);
        assertThat(backend.channel().isOpen()).isFalse();
    }

    @Test
    void aServerThatWorksIsSentNothingAndGivenMoreTime() {
        backend.channel().freezeTime();
        backend.connection().expect(new Receiver("one", new ArrayList<>()));
        backend.connection().close();
        assertThat(backend.commands()).isEmpty();
        pass(LingeringClose.QUIET_MAX.toMillis());
        assertThat(backend.channel().isOpen()).isTrue();
        pass(LingeringClose.BUSY_MAX.toMillis());
        assertThat(backend.channel().isOpen()).isFalse();
    }

    @Test
    void whatTheServerStillSendsIsThrownAwayUpToABound() {
        backend.connection().expect(new Receiver("one", new ArrayList<>()));
        backend.connection().close();
        backend.receive(new byte[1 << 20]);
        assertThat(backend.channel().isOpen()).isTrue();
        backend.receive(new byte[1]);
        assertThat(backend.channel().isOpen()).isFalse();
    }

    @Test
    void aConnectionThatWasPausedReadsAgainSoThatTheEndIsSeen() {
        backend.channel().config().setAutoRead(false);
        backend.connection().close();
        assertThat(backend.channel().config().isAutoRead()).isTrue();
    }
}
