package dev.sluice.server.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.demo.ModelProxy.Flaw;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The tour against a small model of a proxy and its servers, which can be told to be wrong in one way. */
class TourTest {
    private static final int STEPS = 12;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final DemoOutput output = new DemoOutput(new PrintStream(bytes, true, StandardCharsets.UTF_8), false);

    @Test
    void everyStepPassesWhenTheProxyIsRight() {
        boolean passed = tour(null, false).run();

        assertThat(text()).doesNotContain("FAIL").doesNotContain("\u001b");
        assertThat(text().split("PASS", -1)).hasSize(STEPS + 1);
        assertThat(text())
                .contains("8 x server_id 2 (replica), reason: read", "8 x server_id 3 (replica), reason: read");
        assertThat(passed).isTrue();
    }

    @Test
    void whatHappensToServersIsPrintedWithWhoDidItAndWhatItCost() {
        tour(null, false).run();

        assertThat(text())
                .contains("operator: ADD BACKEND 'h:4'", "-> server_id 4 (replica), reason: read")
                .contains("operator: DRAIN BACKEND 'h:", "operator_state: drained, reads: no")
                .contains("kill -9 4711: server_id 1, the primary, is dead")
                .contains("promoted from outside: server_id ")
                .contains("SELECT @@session.time_zone", "[+05:00]")
                .containsPattern(
                        "outage of writes: [0-9]+ ms from the last success to the next; [0-9]+ writes, 1 error")
                .containsPattern(
                        "outage of reads:  [0-9]+ ms from the last success to the next; [0-9]+ reads, no error");
    }

    @Test
    void aServerThatIsDrainedIsNotPromoted() {
        tour(null, false).run();

        String drained = text().replaceAll("(?s).*DRAIN BACKEND 'h:(\\d)'.*", "$1");
        assertThat(text()).doesNotContain("promoted from outside: server_id " + drained);
    }

    @Test
    void onlySomebodyWhoLooksOnIsToldWhatToLookAt() {
        tour(null, true).run();
        assertThat(text().split("Look at ", -1)).hasSize(4);

        bytes.reset();
        tour(null, false).run();
        assertThat(text()).doesNotContain("Look at ");
    }

    @ParameterizedTest
    @EnumSource
    void aStepFailsForEachWayToBeWrong(Flaw flaw) {
        boolean passed = tour(flaw, false).run();

        assertThat(passed).isFalse();
        assertThat(text()).contains("FAIL  " + flaw.explanation);
    }

    @Test
    void anErrorOfTheServerFailsTheStepAndTheOthersStillRun() {
        ModelProxy proxy = new ModelProxy(null);
        TourSession.Opener refused = () -> {
            throw new SQLException("Too many connections", "08004", 1040);
        };

        boolean passed = new Tour(new TourStage(refused, proxy, proxy, PATIENCE), output, false).run();

        assertThat(passed).isFalse();
        assertThat(text().split("FAIL  error 1040 \\(08004\\): Too many connections", -1))
                .hasSize(STEPS + 1);
    }

    private Tour tour(@Nullable Flaw flaw, boolean guided) {
        ModelProxy proxy = new ModelProxy(flaw);
        Duration patience = flaw == null ? PATIENCE : flaw.patience;
        return new Tour(new TourStage(proxy::open, proxy, proxy, patience), output, guided);
    }

    private String text() {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
