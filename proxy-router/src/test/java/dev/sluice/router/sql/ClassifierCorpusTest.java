package dev.sluice.router.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.Target;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every statement of the corpus goes where the corpus says, for the reason it says. */
class ClassifierCorpusTest {
    private static StatementClassifier classifier = new StatementClassifier(ClassifierLimits.DEFAULT);

    @BeforeAll
    static void openClassifier() {
        classifier.close();
        // The first parse of a JVM loads hundreds of classes: the deadline is not under test here.
        classifier = new StatementClassifier(new ClassifierLimits(10_000, 16_384, 64, Duration.ofSeconds(30), 1, 100));
    }

    @AfterAll
    static void closeClassifier() {
        classifier.close();
    }

    static Stream<Corpus.Case> cases() {
        return Corpus.cases().stream();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void statementGoesWhereTheCorpusSays(Corpus.Case expected) {
        Classification decided = classifier.classifyBlocking(expected.statement(), expected.mode());

        assertThat(decided.target()).isEqualTo(expected.target());
        assertThat(decided.reason()).isEqualTo(expected.reason());
    }

    @Test
    void corpusIsLargeAndHasBothTargets() {
        List<Corpus.Case> cases = Corpus.cases();
        assertThat(cases).hasSizeGreaterThan(450);
        assertThat(cases).filteredOn(c -> c.target() == Target.REPLICA).hasSizeGreaterThan(200);
        assertThat(cases).extracting(Corpus.Case::text).doesNotHaveDuplicates();
    }
}
