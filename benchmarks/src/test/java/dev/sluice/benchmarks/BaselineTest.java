package dev.sluice.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whether the comparison with the baseline finds what has become worse. */
class BaselineTest {
    private static final Map<String, String> SHORT = Map.of("statement", "SHORT");
    private static final Map<String, String> LONG = Map.of("statement", "LONG");
    private static final Baseline BASELINE =
            new Baseline(List.of("Lexer.direct"), List.of(new Baseline.Ratio("Lexer.direct", "Lexer.loop", 3)));

    @TempDir
    Path directory;

    @Test
    void whatIsAsPromisedIsNoViolation() {
        assertThat(BASELINE.violations(List.of(
                        measured("Lexer.direct", SHORT, 60, 0.01),
                        measured("Lexer.loop", SHORT, 20, 24),
                        measured("Lexer.direct", LONG, 500, 0),
                        measured("Lexer.loop", LONG, 400, 24))))
                .isEmpty();
    }

    @Test
    void anObjectInEachCallIsFound() {
        assertThat(BASELINE.violations(List.of(
                        measured("Lexer.direct", SHORT, 60, 0),
                        measured("Lexer.direct", LONG, 60, 16),
                        measured("Lexer.loop", SHORT, 20, 0),
                        measured("Lexer.loop", LONG, 20, 0))))
                .singleElement()
                .asString()
                .contains("Lexer.direct{statement=LONG}", "16.0 bytes");
    }

    @Test
    void aRatioBeyondItsAllowanceIsFoundForTheParametersItIsOf() {
        assertThat(BASELINE.violations(List.of(
                        measured("Lexer.direct", SHORT, 61, 0),
                        measured("Lexer.loop", SHORT, 20, 0),
                        measured("Lexer.direct", LONG, 61, 0),
                        measured("Lexer.loop", LONG, 400, 0))))
                .singleElement()
                .asString()
                .contains("Lexer.direct{statement=SHORT} takes 61.0 ns", "may take 3.0 times");
    }

    @Test
    void aPromiseThatNobodyMeasuredIsNotKept() {
        assertThat(BASELINE.violations(
                        List.of(measured("Lexer.direct", SHORT, 60, 0), measured("Lexer.loop", LONG, 20, 0))))
                .containsExactly("Lexer.direct and Lexer.loop were not measured with the same parameters");
        assertThat(BASELINE.violations(List.of())).hasSize(2);
        assertThat(BASELINE.violations(List.of(
                        measured("Lexer.direct", SHORT, Double.NaN, Double.NaN), measured("Lexer.loop", SHORT, 20, 0))))
                .hasSize(2);
    }

    @Test
    void aFileOfAnotherFormIsRefused() throws IOException {
        for (String text : List.of("[]", "{}", "{\"allocates_nothing\": [], \"ratios\": [{\"of\": \"a\"}]}")) {
            Path file = Files.writeString(directory.resolve("baseline.json"), text);

            assertThatThrownBy(() -> Baseline.read(file)).isInstanceOf(IOException.class);
        }
    }

    private static Baseline.Measured measured(
            String benchmark, Map<String, String> parameters, double nanos, double bytes) {
        return new Baseline.Measured(benchmark, parameters, nanos, bytes);
    }
}
