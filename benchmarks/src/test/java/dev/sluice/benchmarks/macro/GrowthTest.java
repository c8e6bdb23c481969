package dev.sluice.benchmarks.macro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.server.cli.CommandFailure;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** The options and the report of growth curves. */
class GrowthTest {
    @Test
    void theReportHasATableAndAPictureForEachCurve() {
        GrowthReport report = new GrowthReport(
                Map.of("machine", "a box"),
                Map.of(
                        Curve.LENGTH,
                        List.of(
                                new GrowthReport.Point(60, 20.04, 2, 1000, 500, 100),
                                new GrowthReport.Point(400, 40, 4, 500, 900, 101))));

        assertThat(report.markdown("growth"))
                .contains("| machine | a box |", "## length")
                .contains("| bytes of a statement | CPU us/q | user | queries/s | p99 us | RSS MB |")
                .contains("| 60 | 20.0 | 2.0 | 1000 | 500 | 100 |")
                .contains("![CPU by bytes of a statement](growth-length.svg)");
        assertThat(report.markdown("")).doesNotContain(".svg");
        assertThat(report.pictures("growth")).containsOnlyKeys("growth-length.svg");
        ChartTest.requireXml(report.pictures("growth").values().iterator().next());
    }

    @Test
    @SuppressWarnings("NullAway") // these scripts need no client
    void aStatementIsAsLongAsItsPointSays() throws Exception {
        WireLoopLoad.Commands commands = Curve.LENGTH.script(400, 1).prepare(null, 0);

        // Header and command byte.
        assertThat(commands.next()).hasSize(400 + 5);
    }

    @Test
    @SuppressWarnings("NullAway") // these scripts need no client
    void distinctStatementsComeInTurns() throws Exception {
        WireLoopLoad.Commands commands = Curve.STATEMENTS.script(2, 1).prepare(null, 0);

        byte[] first = commands.next();

        assertThat(commands.next()).isNotEqualTo(first);
        assertThat(commands.next()).isEqualTo(first);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"--seconds=0", "--warm-up=-1", "--warm-up-max=-1", "--points=5", "--curve=length --points=0"})
    void whatMakesNoSenseIsRefusedBeforeAnythingIsStarted(String options) {
        GrowthCommand command = new GrowthCommand();
        new CommandLine(command).setCaseInsensitiveEnumValuesAllowed(true).parseArgs(options.split(" "));

        assertThatThrownBy(command::call).isInstanceOf(CommandFailure.class);
    }
}
