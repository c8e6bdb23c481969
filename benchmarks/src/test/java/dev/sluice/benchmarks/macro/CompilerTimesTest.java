package dev.sluice.benchmarks.macro;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** What compilers used between two moments, although their threads come and go. */
class CompilerTimesTest {
    @Test
    void aThreadThatWasThereCountsFromTheEarlierMoment() {
        CompilerTimes used = new CompilerTimes(Map.of("21", 150L, "22", 70L))
                .since(new CompilerTimes(Map.of("21", 100L, "22", 70L)));

        assertThat(used.microsByThread()).containsOnly(Map.entry("21", 50L), Map.entry("22", 0L));
        assertThat(used.micros()).isEqualTo(50);
    }

    @Test
    void aThreadThatIsNewCountsFromItsStart() {
        CompilerTimes used =
                new CompilerTimes(Map.of("21", 150L, "30", 40L)).since(new CompilerTimes(Map.of("21", 100L)));

        assertThat(used.micros()).isEqualTo(90);
    }

    @Test
    void aThreadThatIsGoneDoesNotCount() {
        CompilerTimes used =
                new CompilerTimes(Map.of("21", 150L)).since(new CompilerTimes(Map.of("21", 100L, "30", 5_000L)));

        assertThat(used.micros()).isEqualTo(50);
    }

    @Test
    void aThreadWithTheNumberOfOneThatIsGoneCountsFromItsStart() {
        CompilerTimes used = new CompilerTimes(Map.of("30", 40L)).since(new CompilerTimes(Map.of("30", 5_000L)));

        assertThat(used.micros()).isEqualTo(40);
    }

    @Test
    void theirShareIsThatOfTheCpuOfTheProcess() {
        assertThat(usage(600, 400, Map.of("21", 20L, "22", 5L)).compilerPercent())
                .hasValue(2.5);
        assertThat(usage(600, 400, Map.of("21", 0L)).compilerPercent()).hasValue(0);
        assertThat(usage(0, 0, Map.of("21", 0L)).compilerPercent()).hasValue(0);
    }

    @Test
    void theirShareIsNeverMoreThanTheWhole() {
        assertThat(usage(0, 0, Map.of("21", 10_000L)).compilerPercent()).hasValue(100);
    }

    @Test
    void aProcessWithoutCompilersHasNoShareOfThem() {
        assertThat(usage(600, 400, Map.of()).compilerPercent()).isEmpty();
    }

    private static ProcessUsage usage(long user, long system, Map<String, Long> compilers) {
        return new ProcessUsage(user, system, 0, 0, 0, new CompilerTimes(compilers));
    }
}
