package dev.sluice.server.runtime;

import static dev.sluice.server.runtime.Configs.address;
import static dev.sluice.server.runtime.Configs.backend;
import static dev.sluice.server.runtime.Configs.runtime;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.topology.OperatorState;
import dev.sluice.server.admin.Operation.Feature;
import dev.sluice.server.runtime.ConfigMerge.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigMergeTest {
    private static final BackendIntent A = backend("a");
    private static final BackendIntent B = backend("b");
    private static final BackendIntent C = backend("c");

    @Test
    void whatNobodyChangedAtRunTimeFollowsTheFile() {
        RuntimeConfig old = runtime(A, B);
        RuntimeConfig file = runtime(A.withWeight(5), C).with(Feature.READ_SPLITTING, false);
        Outcome merged = ConfigMerge.of(old, file, old);
        assertThat(merged.config()).isEqualTo(file);
        assertThat(merged.conflicts()).isEmpty();
    }

    @Test
    void whatWasChangedAtRunTimeStaysWhenTheFileDoesNotChange() {
        RuntimeConfig file = runtime(A, B);
        RuntimeConfig running =
                runtime(A.withWeight(5).withState(OperatorState.DRAINED), C).with(Feature.RETRY, false);
        Outcome merged = ConfigMerge.of(file, file, running);
        assertThat(merged.config()).isEqualTo(running);
        assertThat(merged.conflicts()).isEmpty();
    }

    @Test
    void differentKeysOfOneBackendAreMerged() {
        Outcome merged = ConfigMerge.of(runtime(A), runtime(A.withZone("z")), runtime(A.withWeight(5)));
        assertThat(merged.config()).isEqualTo(runtime(A.withWeight(5).withZone("z")));
        assertThat(merged.conflicts()).isEmpty();
    }

    @Test
    void theSameKeyChangedToTwoValuesIsAConflictAndTheOperatorWins() {
        Outcome merged = ConfigMerge.of(runtime(A), runtime(A.withWeight(3)), runtime(A.withWeight(5)));
        assertThat(merged.config()).isEqualTo(runtime(A.withWeight(5)));
        assertThat(merged.conflicts())
                .containsExactly("backends[a:3306].weight is 5 at run time and 3 in the file: it stays 5");
    }

    @Test
    void theSameKeyChangedToTheSameValueIsNoConflict() {
        Outcome merged = ConfigMerge.of(runtime(A), runtime(A.withWeight(5)), runtime(A.withWeight(5)));
        assertThat(merged.conflicts()).isEmpty();
    }

    @Test
    void aBackendAddedAtRunTimeAndThenToTheFileIsOne() {
        RuntimeConfig file = runtime(A, B.withWeight(2));
        Outcome same = ConfigMerge.of(runtime(A), file, file);
        assertThat(same.config()).isEqualTo(file);
        assertThat(same.conflicts()).isEmpty();
        Outcome other = ConfigMerge.of(runtime(A), file, runtime(A, B.withWeight(7)));
        assertThat(other.config().find(address("b"))).isEqualTo(B.withWeight(7));
        assertThat(other.conflicts()).hasSize(1);
    }

    @Test
    void aBackendRemovedAtRunTimeStaysAwayAndAChangeOfItIsAConflict() {
        assertThat(ConfigMerge.of(runtime(A, B), runtime(A, B), runtime(A)).config())
                .isEqualTo(runtime(A));
        Outcome changed = ConfigMerge.of(runtime(A, B), runtime(A, B.withWeight(3)), runtime(A));
        assertThat(changed.config()).isEqualTo(runtime(A));
        assertThat(changed.conflicts()).hasSize(1).first().asString().contains("it stays removed");
    }

    @Test
    void aDrainedBackendThatLeavesTheFileGoes() {
        RuntimeConfig running = runtime(A, B.withState(OperatorState.DRAINED));
        assertThat(ConfigMerge.of(runtime(A, B), runtime(A), running)).isEqualTo(new Outcome(runtime(A), List.of()));
    }

    @Test
    void aBackendChangedAtRunTimeThatLeavesTheFileStaysAndSaysSo() {
        RuntimeConfig running = runtime(A, B.withWeight(5));
        Outcome merged = ConfigMerge.of(runtime(A, B), runtime(A), running);
        assertThat(merged.config()).isEqualTo(running);
        assertThat(merged.conflicts()).hasSize(1).first().asString().contains("REMOVE BACKEND");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void nothingIsLostWithoutAWord(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 2000; i++) {
            RuntimeConfig old = random(random);
            RuntimeConfig file = random(random);
            RuntimeConfig running = random(random);
            Outcome merged = ConfigMerge.of(old, file, running);
            for (String key : ConfigDifferences.values(running).keySet()) {
                requireKept(key, old, running, merged, "run time");
            }
            for (String key : ConfigDifferences.values(file).keySet()) {
                requireKept(key, old, file, merged, "file");
            }
        }
    }

    /** A value that one side has changed is in the outcome, or its backend is named in a conflict. */
    private static void requireKept(String key, RuntimeConfig old, RuntimeConfig side, Outcome merged, String which) {
        @Nullable String was = ConfigDifferences.values(old).get(key);
        @Nullable String wanted = ConfigDifferences.values(side).get(key);
        @Nullable String is = ConfigDifferences.values(merged.config()).get(key);
        if (wanted == null || wanted.equals(was)) {
            return;
        }
        if (!wanted.equals(is)) {
            String what = key.startsWith("backends") ? key.substring(0, key.indexOf(']') + 1) : key;
            boolean intentOfABackendThatIsGone = key.endsWith(".state");
            assertThat(intentOfABackendThatIsGone
                            || merged.conflicts().stream().anyMatch(conflict -> conflict.startsWith(what)))
                    .as("%s of %s: %s -> %s, but %s; %s", key, which, was, wanted, is, merged.conflicts())
                    .isTrue();
        }
    }

    private static RuntimeConfig random(SplittableRandom random) {
        List<BackendIntent> backends = new ArrayList<>(List.of(A));
        for (BackendIntent backend : List.of(B, C)) {
            if (random.nextInt(3) > 0) {
                backends.add(backend.withWeight(random.nextInt(3)).withZone(random.nextBoolean() ? "z" : null));
            }
        }
        return new RuntimeConfig(backends, Map.of(Feature.RETRY, random.nextBoolean()));
    }
}
