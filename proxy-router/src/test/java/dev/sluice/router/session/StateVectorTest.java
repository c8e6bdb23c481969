package dev.sluice.router.session;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StateVectorTest {
    private static final StateVector EMPTY = StateVector.empty();

    @Test
    void variablesAreKeptInTheOrderOfTheirNamesHoweverTheyWereSet() {
        StateVector vector =
                EMPTY.with("sql_mode", "ANSI").with("autocommit", "OFF").with("lock_wait_timeout", "5");
        assertThat(vector.size()).isEqualTo(3);
        assertThat(vector.name(0)).isEqualTo("autocommit");
        assertThat(vector.name(1)).isEqualTo("lock_wait_timeout");
        assertThat(vector.name(2)).isEqualTo("sql_mode");
        assertThat(vector.value(2)).isEqualTo("ANSI");
        assertThat(vector.get("lock_wait_timeout")).isEqualTo("5");
        assertThat(vector.get("time_zone")).isNull();
    }

    @Test
    void vectorsWithTheSameContentAreEqualWhateverTheOrderOfTheChanges() {
        StateVector one = EMPTY.with("a", "1").with("b", "2").withSchema("test");
        StateVector other =
                EMPTY.withSchema("test").with("b", "x").with("a", "1").with("b", "2");
        assertThat(one).isEqualTo(other).hasSameHashCodeAs(other);
        assertThat(one).isNotEqualTo(other.with("a", "2"));
        assertThat(one).isNotEqualTo(other.withSchema("other"));
        assertThat(one).isNotEqualTo(other.withSchema(null));
        assertThat(one).isNotEqualTo(other.withMultiStatements(true));
        assertThat(one).isNotEqualTo(EMPTY.withSchema("test").with("a", "1").with("c", "2"));
    }

    @Test
    void aChangeThatChangesNothingReturnsTheSameVector() {
        StateVector vector = EMPTY.with("a", "1").withSchema("test").withMultiStatements(true);
        assertThat(vector.with("a", "1")).isSameAs(vector);
        assertThat(vector.withSchema("test")).isSameAs(vector);
        assertThat(vector.withMultiStatements(true)).isSameAs(vector);
        assertThat(EMPTY.withoutVariables()).isSameAs(EMPTY);
    }

    @Test
    void aChangeLeavesTheVectorItCameFromAsItWas() {
        StateVector before = EMPTY.with("a", "1");
        StateVector after = before.with("a", "2").with("b", "3");
        assertThat(before.get("a")).isEqualTo("1");
        assertThat(before.size()).isEqualTo(1);
        assertThat(after.get("a")).isEqualTo("2");
    }

    @Test
    void withoutVariablesTheSchemaAndTheMultiStatementOptionStay() {
        StateVector reset = EMPTY.withSchema("test")
                .withMultiStatements(true)
                .with("a", "1")
                .withoutVariables();
        assertThat(reset.size()).isZero();
        assertThat(reset.schema()).isEqualTo("test");
        assertThat(reset.multiStatements()).isTrue();
    }

    @Test
    void aVectorSetsNothingBeyondAnotherWhenTheOtherHasAllOfItsNames() {
        StateVector wide = EMPTY.with("a", "1").with("b", "2");
        assertThat(EMPTY.with("b", "9").setsNothingBeyond(wide)).isTrue();
        assertThat(wide.setsNothingBeyond(EMPTY.with("b", "2"))).isFalse();
        assertThat(EMPTY.setsNothingBeyond(wide)).isTrue();
        assertThat(wide.setsNothingBeyond(wide.withSchema("test"))).isTrue();
    }

    @Test
    void charactersCountNamesAndValues() {
        assertThat(EMPTY.characters()).isZero();
        assertThat(EMPTY.with("abc", "12").with("d", "").characters()).isEqualTo(6);
    }

    @Test
    void theTextNamesTheSchemaAndEveryVariable() {
        assertThat(EMPTY.withSchema("test").with("b", "2").with("a", "1")).hasToString("schema=test, a=1, b=2");
    }
}
