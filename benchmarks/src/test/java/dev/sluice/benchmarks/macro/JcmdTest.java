package dev.sluice.benchmarks.macro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.server.cli.CommandFailure;
import org.junit.jupiter.api.Test;

/** What is understood of what a JVM says about its threads. */
class JcmdTest {
    @Test
    void allEventLoopsCountAndNothingElse() throws CommandFailure {
        String threads = """
                "main" #1 prio=5 os_prio=0 cpu=79.49ms elapsed=3.99s allocated=211M defined_classes=1570 tid=0x0
                "sluice-loop-3-1" #31 daemon prio=5 os_prio=0 cpu=1.0ms elapsed=3.9s allocated=100B tid=0x0
                "sluice-loop-3-2" #32 [77] daemon prio=5 cpu=1.0ms elapsed=3.9s allocated=2K defined_classes=0 tid=0x0
                """;

        assertThat(Jcmd.allocatedByEventLoops(threads)).isEqualTo(100 + 2048);
    }

    @Test
    void withoutEventLoopsThereIsNoFigure() {
        assertThatThrownBy(() -> Jcmd.allocatedByEventLoops("\"main\" #1 allocated=211M x"))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("sluice-loop");
    }
}
