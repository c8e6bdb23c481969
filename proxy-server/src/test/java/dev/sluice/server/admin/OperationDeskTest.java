package dev.sluice.server.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.admin.OperationDesk.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class OperationDeskTest {
    private static final Administration.Caller CALLER = new Administration.Caller("tester", null);
    private static final Operation LOOK = new Operation.Show(Operation.View.BACKENDS);
    private static final Operation CHANGE = new Operation.Pause();

    private final RecordingAdministration administration = new RecordingAdministration();
    private final OperationDesk desk = new OperationDesk(administration);

    @AfterEach
    void close() {
        desk.close();
    }

    private CompletableFuture<Outcome> submit(Operation operation) {
        CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        desk.submit(operation, CALLER, outcome::complete);
        return outcome;
    }

    private static Outcome get(CompletableFuture<Outcome> outcome) throws Exception {
        return outcome.get(10, TimeUnit.SECONDS);
    }

    @Test
    void theTableComesWithTheVersionFromBefore() throws Exception {
        assertThat(get(submit(LOOK))).isEqualTo(new Outcome.Done(ResultTable.message("done"), 7));
        assertThat(administration.calls()).containsExactly(new RecordingAdministration.Call(LOOK, CALLER));
    }

    @Test
    void anErrorKeepsItsKindAndAnImpossibleOneIsAFailure() throws Exception {
        administration.fail(OperationException.Kind.STALE, "too late");
        assertThat(get(submit(CHANGE))).isEqualTo(new Outcome.Refused(Refusal.STALE, "too late"));
        administration.behave((operation, caller) -> {
            throw new IllegalStateException("a bug");
        });
        assertThat(get(submit(CHANGE)))
                .isInstanceOfSatisfying(
                        Outcome.Refused.class,
                        refused -> assertThat(refused.refusal()).isEqualTo(Refusal.FAILED));
    }

    @Test
    void lookingDoesNotWaitForChangesAndTooManyChangesAreRefused() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        administration.behave((operation, caller) -> {
            if (operation.isChange()) {
                release.await();
            }
            return ResultTable.message("done");
        });
        List<CompletableFuture<Outcome>> accepted = new ArrayList<>();
        CompletableFuture<Outcome> last = submit(CHANGE);
        while (!last.isDone()) {
            accepted.add(last);
            last = submit(CHANGE);
        }
        assertThat(get(last))
                .isInstanceOfSatisfying(
                        Outcome.Refused.class,
                        refused -> assertThat(refused.refusal()).isEqualTo(Refusal.BUSY));
        assertThat(accepted).hasSizeBetween(10, 50);
        assertThat(get(submit(LOOK))).isInstanceOf(Outcome.Done.class);
        release.countDown();
        for (CompletableFuture<Outcome> outcome : accepted) {
            assertThat(get(outcome)).isInstanceOf(Outcome.Done.class);
        }
    }

    @Test
    void closingInterruptsWhatRuns() throws Exception {
        CountDownLatch began = new CountDownLatch(1);
        administration.behave((operation, caller) -> {
            began.countDown();
            new CountDownLatch(1).await();
            return ResultTable.message("never");
        });
        CompletableFuture<Outcome> outcome = submit(CHANGE);
        assertThat(began.await(10, TimeUnit.SECONDS)).isTrue();
        desk.close();
        assertThat(get(outcome)).isEqualTo(new Outcome.Refused(Refusal.FAILED, "Sluice is stopping"));
        assertThat(get(submit(LOOK))).isInstanceOf(Outcome.Refused.class);
    }
}
