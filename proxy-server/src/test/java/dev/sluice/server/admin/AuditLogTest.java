package dev.sluice.server.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import dev.sluice.server.admin.Administration.Caller;
import dev.sluice.server.admin.Administration.Door;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class AuditLogTest {
    private static final Caller CALLER = new Caller("op", Door.ADMIN_PORT, "10.0.0.1:5000", null);
    private static final String WHO = "INFO change who=[op] from=[10.0.0.1:5000] door=[admin port] ";

    private final RecordedLog log = new RecordedLog(AuditLog.LOGGER_NAME, Level.INFO);

    @AfterEach
    void close() {
        log.close();
    }

    @Test
    void aChangeLeavesOneLineWhateverBecomesOfIt() throws Exception {
        Operation pause = new Operation.Pause();
        ResultTable done = ResultTable.message("done");
        assertThat(AuditLog.audited(pause, CALLER, () -> done)).isSameAs(done);
        assertThatExceptionOfType(OperationException.class)
                .isThrownBy(() -> AuditLog.audited(pause, CALLER, () -> {
                    throw new OperationException(OperationException.Kind.CONFLICT, "paused already");
                }));
        assertThatExceptionOfType(InterruptedException.class)
                .isThrownBy(() -> AuditLog.audited(pause, CALLER, () -> {
                    throw new InterruptedException();
                }));
        assertThatThrownBy(() -> AuditLog.audited(pause, CALLER, () -> {
                    throw new IllegalStateException("a bug");
                }))
                .hasMessage("a bug");
        assertThat(log.lines())
                .containsExactly(
                        WHO + "what=[PAUSE] result=[ok]",
                        WHO + "what=[PAUSE] result=[CONFLICT: paused already]",
                        WHO + "what=[PAUSE] result=[FAILED: Sluice is stopping]",
                        WHO + "what=[PAUSE] result=[FAILED: an internal error, which is in the log]");
    }

    @Test
    void whatOnlyLooksLeavesNone() throws Exception {
        for (Operation look : List.of(
                new Operation.Show(Operation.View.CONFIG),
                new Operation.ExplainRoute("SELECT 1"),
                new Operation.Switchover("db:1", null, true))) {
            ResultTable unused = AuditLog.audited(look, CALLER, () -> ResultTable.message("done"));
            AuditLog.refused(look, CALLER, Refusal.BUSY, "busy");
        }
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void aLineIsNotAsLongAsWhoeverAsksLikes() throws Exception {
        Operation add = new Operation.AddBackend("x".repeat(60_000), null, null, null);
        ResultTable unused = AuditLog.audited(add, CALLER, () -> ResultTable.message("done"));
        assertThat(log.lines()).containsExactly(WHO + "what=[ADD BACKEND '" + "x".repeat(487) + "...] result=[ok]");
    }

    @Test
    void whatADeskHasNoRoomForLeavesOneToo() throws Exception {
        RecordingAdministration administration = new RecordingAdministration();
        CountDownLatch release = new CountDownLatch(1);
        administration.behave((operation, caller) -> {
            release.await();
            return ResultTable.message("done");
        });
        try (OperationDesk desk = new OperationDesk(administration)) {
            List<CompletableFuture<OperationDesk.Outcome>> outcomes = new ArrayList<>();
            CompletableFuture<OperationDesk.Outcome> last;
            do {
                last = new CompletableFuture<>();
                outcomes.add(last);
                desk.submit(new Operation.Kill(7, false), CALLER, last::complete);
            } while (!last.isDone());
            assertThat(log.lines())
                    .containsExactly(WHO + "what=[KILL 7] result=[BUSY: too many operations wait already, or Sluice is"
                            + " stopping; try again]");
            release.countDown();
            for (CompletableFuture<OperationDesk.Outcome> outcome : outcomes) {
                assertThat(outcome.get(10, TimeUnit.SECONDS)).isNotNull();
            }
        }
    }
}
