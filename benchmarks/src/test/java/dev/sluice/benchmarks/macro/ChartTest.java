package dev.sluice.benchmarks.macro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import jdk.jfr.Recording;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;

/** The pictures of reports: they are XML, and what they say stands where it belongs. */
class ChartTest {
    static void requireXml(String svg) {
        assertThatCode(() -> DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(new InputSource(new StringReader(svg))))
                .doesNotThrowAnyException();
        assertThat(svg).startsWith("<svg xmlns=").doesNotContain("NaN", "Infinity");
    }

    @Test
    void anAxisEndsAtARoundNumberAboveTheLargestValue() {
        assertThat(Axis.upTo(19.2)).isEqualTo(new Axis(0, 20, false));
        assertThat(Axis.upTo(19.2).ticks()).containsExactly(0.0, 5.0, 10.0, 15.0, 20.0);
        assertThat(Axis.upTo(0).to()).isPositive();
        assertThat(Axis.upTo(10).position(2.5)).isEqualTo(0.25);
    }

    @Test
    void onALogarithmicAxisFactorsAreDistances() {
        Axis axis = Axis.between(1, 10_000);

        assertThat(axis.position(1)).isZero();
        assertThat(axis.position(100)).isEqualTo(0.5);
        assertThat(axis.position(10_000)).isEqualTo(1);
        assertThat(Axis.between(8, 8).position(8)).isZero();
    }

    @Test
    void labelsHaveNoDigitsThatSayNothing() {
        assertThat(Axis.label(0)).isEqualTo("0");
        assertThat(Axis.label(2.50)).isEqualTo("2.5");
        assertThat(Axis.label(20_000)).isEqualTo("20000");
        assertThat(Axis.label(0.0004)).isEqualTo("0");
    }

    @Test
    void aBarIsAsHighAsItsValue() {
        String svg = new BarChart("a <title>", "us")
                .add("half", new Spread(5, 4, 6))
                .add("full", new Spread(10, 10, 10))
                .svg();

        requireXml(svg);
        assertThat(svg)
                .contains("a &lt;title&gt;", ">us</text>")
                .contains("height=\"110.0\" fill=\"#4477aa\"><title>half: 5 [4 6]</title>")
                .contains("height=\"220.0\" fill=\"#4477aa\"><title>full: 10 [10 10]</title>");
    }

    @Test
    void aLineGoesFromPointToPoint() {
        LineChart chart = new LineChart("growth", "connections", "us");
        chart.add("sluice", 1, 20).add("sluice", 100, 10).add("haproxy", 1, 20);

        String svg = chart.svg();

        requireXml(svg);
        assertThat(svg)
                .contains("<line x1=\"70.0\" y1=\"40.0\" x2=\"490.0\" y2=\"170.0\" stroke=\"#4477aa\"/>")
                .contains("<title>sluice at 100: 10</title>", ">connections</text>", ">haproxy</text>");
    }

    @Test
    void aFlameGraphIsAsWideAsItIsOften() {
        FlameGraph graph = new FlameGraph(FlameGraph.Kind.TIME);
        graph.add(List.of("loop", "read", "scan"), 1);
        graph.add(List.of("loop", "read", "lex<>"), 1);
        graph.add(List.of("loop", "write"), 1);
        graph.add(List.of("loop", "read", "scan"), 1);

        String svg = graph.svg("a load");

        requireXml(svg);
        assertThat(graph.total()).isEqualTo(4);
        assertThat(svg)
                .contains("<title>loop: 100.0 %</title>", "<title>read: 75.0 %</title>", "<title>scan: 50.0 %</title>")
                .contains("<title>lex&lt;&gt;: 25.0 %</title>", "a load: 4 samples");
    }

    @Test
    void aRecordingOfThisJvmShowsWhereItWorksAndAllocates(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("own.jfr");
        long work = 0;
        try (Recording recording = new Recording()) {
            recording.enable("jdk.ExecutionSample").withPeriod(Duration.ofMillis(10));
            recording.enable("jdk.ObjectAllocationSample").with("throttle", "1000/s");
            recording.start();
            long end = System.nanoTime() + Duration.ofSeconds(1).toNanos();
            while (System.nanoTime() < end) {
                work += new byte[10_000 + (int) (work & 1)].length;
            }
            recording.dump(file);
        }

        FlameGraph allocations = FlameGraph.read(file, FlameGraph.Kind.ALLOCATION);

        assertThat(work).isPositive();
        assertThat(allocations.total()).isPositive();
        assertThat(allocations.svg("own")).contains("ChartTest.aRecordingOfThisJvm", "<title>[B: ");
        requireXml(FlameGraph.read(file, FlameGraph.Kind.TIME).svg("own"));
    }

    @Test
    void aFlameGraphOfNothingIsAPicture() {
        requireXml(new FlameGraph(FlameGraph.Kind.ALLOCATION).svg("idle"));
    }
}
