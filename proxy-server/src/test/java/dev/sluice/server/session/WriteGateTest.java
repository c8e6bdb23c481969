package dev.sluice.server.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.router.session.PinReason;
import dev.sluice.router.session.SessionState;
import dev.sluice.router.session.Slot;
import dev.sluice.router.session.StateVector;
import dev.sluice.server.session.WriteGate.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Who passes the gate, and when it opens. */
class WriteGateTest {
    private final WriteGate gate = new WriteGate(System::nanoTime);
    private final SessionState state =
            new SessionState(StateVector.empty().with(StateVector.CHARACTER_SET_CLIENT, "utf8mb4"), "");

    private static final class CountingLoop implements WriteGate.Loop {
        private int opened;
        private int asked;

        @Override
        public void gateOpened() {
            opened++;
        }

        @Override
        public CompletableFuture<List<Session>> unfinished(@Nullable List<Session> among, Level level) {
            asked++;
            return CompletableFuture.completedFuture(List.of());
        }
    }

    @Test
    void writesWaitAndReadsPassUntilTheLastHoldIsGivenUp() {
        WriteGate.Hold writes = gate.close(Level.WRITES, "a switchover");
        assertThat(gate.holdsBack(Slot.PRIMARY, state)).isTrue();
        assertThat(gate.holdsBack(Slot.REPLICA, state)).isFalse();

        WriteGate.Hold all = gate.close(Level.ALL, "a pause");
        assertThat(gate.holdsBack(Slot.REPLICA, state)).isTrue();

        all.open();
        all.open();
        assertThat(gate.level()).isEqualTo(Level.WRITES);
        assertThat(gate.reason()).isEqualTo("a switchover");
        writes.open();
        assertThat(gate.level()).isEqualTo(Level.OPEN);
        assertThat(gate.holdsBack(Slot.PRIMARY, state)).isFalse();
    }

    @Test
    void whoHasBegunGoesOn() {
        WriteGate.Hold unused = gate.close(Level.WRITES, "a switchover");

        state.observeTransaction(Slot.PRIMARY, true, false);
        assertThat(gate.holdsBack(Slot.PRIMARY, state)).isFalse();
        state.observeTransaction(Slot.PRIMARY, false, false);
        assertThat(gate.holdsBack(Slot.PRIMARY, state)).isTrue();

        state.pin(Slot.PRIMARY, PinReason.USER_VARIABLE, true);
        assertThat(gate.holdsBack(Slot.PRIMARY, state)).isTrue();
        state.pin(Slot.PRIMARY, PinReason.TABLE_LOCK, true);
        assertThat(gate.holdsBack(Slot.PRIMARY, state)).isFalse();
    }

    @Test
    void theLoopsAreToldWhenItOpensAndAskedWhatRuns() throws Exception {
        CountingLoop loop = new CountingLoop();
        gate.register(loop);
        WriteGate.Hold first = gate.close(Level.WRITES, "one");
        WriteGate.Hold second = gate.close(Level.WRITES, "two");

        assertThat(first.awaitQuiet(Duration.ofSeconds(1))).isEmpty();
        assertThat(loop.asked).isEqualTo(1);
        first.open();
        assertThat(loop.opened).isZero();
        second.open();
        assertThat(loop.opened).isEqualTo(1);
    }

    @Test
    void anOpenLevelClosesNothing() {
        assertThatThrownBy(() -> gate.close(Level.OPEN, "no")).isInstanceOf(IllegalArgumentException.class);
    }
}
