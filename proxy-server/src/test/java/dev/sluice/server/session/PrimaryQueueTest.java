package dev.sluice.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.backend.WaitingBudget;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who may wait for a primary, and for how long. */
class PrimaryQueueTest {
    private final List<String> log = new ArrayList<>();
    private final WaitingBudget budget = new WaitingBudget(3, 100);
    private final PrimaryQueue queue = new PrimaryQueue(budget);
    private final PrimaryQueue otherLoop = new PrimaryQueue(budget);

    private final class Statement implements PrimaryQueue.Waiter {
        private final String name;
        private int bytes;
        private boolean waiting = true;
        private Runnable whenLooking = () -> {};

        private Statement(String name, int bytes) {
            this.name = name;
            this.bytes = bytes;
        }

        @Override
        public boolean isWaiting() {
            return waiting;
        }

        @Override
        public void retryRoute() {
            log.add(name + " looks");
            whenLooking.run();
        }

        @Override
        public void primaryTimeout() {
            log.add(name + " is late");
        }

        @Override
        public boolean isRead() {
            return name.startsWith("read");
        }

        @Override
        public int retainedBytes() {
            return bytes;
        }

        @Override
        public String user() {
            return "app";
        }

        private boolean joins(PrimaryQueue where) {
            return where.tryAdd(this, 1_000);
        }
    }

    @Test
    void asManyAsTheBoundWaitAndNotOneMoreOverAllLoops() {
        assertThat(new Statement("a", 1).joins(queue)).isTrue();
        assertThat(new Statement("b", 1).joins(otherLoop)).isTrue();
        assertThat(new Statement("c", 1).joins(queue)).isTrue();
        assertThat(new Statement("d", 1).joins(queue)).isFalse();
        assertThat(new Statement("e", 1).joins(otherLoop)).isFalse();
    }

    @Test
    void onlyReadsLookForAReplicaAndEverybodyKeepsTheirOrder() {
        Statement read = new Statement("read", 1);
        read.whenLooking = () -> assertThat(read.joins(queue)).isTrue();
        assertThat(new Statement("write", 1).joins(queue)).isTrue();
        assertThat(read.joins(queue)).isTrue();
        assertThat(new Statement("other write", 1).joins(queue)).isTrue();

        queue.retryReads();

        assertThat(log).containsExactly("read looks");
        assertThat(new Statement("one too many", 0).joins(queue)).isFalse();
        log.clear();
        read.whenLooking = () -> {};
        queue.retryAll();
        assertThat(log).containsExactly("write looks", "read looks", "other write looks");
        assertThat(new Statement("now", 100).joins(queue)).isTrue();
    }

    @Test
    void asManyBytesAsTheBoundWaitAndNotOneMoreOverAllLoops() {
        assertThat(new Statement("a", 60).joins(queue)).isTrue();
        assertThat(new Statement("b", 41).joins(otherLoop)).isFalse();
        assertThat(new Statement("c", 40).joins(otherLoop)).isTrue();
        assertThat(new Statement("d", 1).joins(queue)).isFalse();
        assertThat(new Statement("e", 0).joins(queue)).isTrue();
    }

    @Test
    void aStatementThatWasTurnedAwayHoldsNothing() {
        assertThat(new Statement("too large", 101).joins(queue)).isFalse();
        assertThat(new Statement("a", 100).joins(queue)).isTrue();
        for (int i = 0; i < 10; i++) {
            assertThat(new Statement("b", 1).joins(queue)).isFalse();
        }
        queue.retryAll();
        assertThat(new Statement("c", 100).joins(queue)).isTrue();
    }

    @Test
    void whoLooksAgainInAFullQueueDoesNotLoseItsPlaceToOneThatCameLater() {
        Statement a = new Statement("a", 100);
        List<Boolean> joined = new ArrayList<>();
        a.whenLooking = () -> {
            joined.add(new Statement("later", 100).joins(otherLoop));
            joined.add(a.joins(queue));
        };
        assertThat(a.joins(queue)).isTrue();
        queue.retryAll();
        queue.retryAll();
        assertThat(joined).containsExactly(false, true, false, true);
        a.waiting = false;
        queue.retryAll();
        assertThat(new Statement("b", 100).joins(queue)).isTrue();
    }

    @Test
    void theNextStatementOfTheSameSessionIsCountedByItsOwnSize() {
        Statement a = new Statement("a", 10);
        a.whenLooking = () -> {
            a.bytes = 100;
            log.add("joined " + a.joins(queue));
        };
        assertThat(a.joins(queue)).isTrue();
        queue.retryAll();
        assertThat(log).containsExactly("a looks", "joined true");
        assertThat(new Statement("b", 1).joins(queue)).isFalse();
    }

    @Test
    void theLateOnesAreToldAndMakeRoom() {
        Statement patient = new Statement("patient", 10);
        assertThat(queue.tryAdd(patient, 2_000)).isTrue();
        assertThat(new Statement("a", 90).joins(queue)).isTrue();
        queue.giveUpLate(999);
        assertThat(log).isEmpty();
        queue.giveUpLate(1_000);
        assertThat(log).containsExactly("a is late");
        assertThat(new Statement("b", 90).joins(queue)).isTrue();
        queue.giveUpLate(2_000);
        assertThat(log).containsExactly("a is late", "patient is late", "b is late");
        assertThat(new Statement("c", 100).joins(queue)).isTrue();
    }
}
