package dev.sluice.router.session;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a server reports is written into statements for other servers: a name or a value that could be more than that stays
 * where it is, and ties the session there.
 */
class HostileReportsTest extends EffectsFixture {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "time_zone`=1; DELETE FROM t; -- ",
                "@`a",
                "@a",
                "time_zone` = @@GLOBAL.`time_zone",
                "time zone",
                "time\u0000zone",
                "tim\u00e9",
                "",
            })
    void aNameThatIsNoNameOfAVariableIsNotWrittenAnywhere(String name) {
        StateVector before = state.vector();
        changes.systemVariable(name, "(DELETE)");
        run("SELECT 1");
        assertThat(state.vector()).isEqualTo(before);
        assertThat(pins()).isEqualTo("non_replayable_variable");
    }

    @Test
    void aNameLongerThanAnyIsNotWrittenAnywhere() {
        changes.systemVariable("x".repeat(65), "1");
        run("SELECT 1");
        assertThat(pins()).isEqualTo("non_replayable_variable");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "character_set_results | utf8mb4 COLLATE utf8mb4_bin; DELETE FROM t",
                "character_set_results | latin1'",
                "collation_connection | utf8mb4_bin\\",
                "character_set_connection | utf8mb4_bin\\",
                "time_zone | a\\",
            })
    void aValueThatCouldEndItsQuotesIsNotWrittenAnywhere(String name, String value) {
        StateVector before = state.vector();
        changes.systemVariable(name, value);
        run("SELECT 1");
        assertThat(state.vector()).isEqualTo(before);
        assertThat(pins()).isEqualTo("non_replayable_variable");
    }

    @Test
    void whatServersReportIsTakenOver() {
        changes.systemVariable("character_set_results", "");
        changes.systemVariable("character_set_client", "latin1");
        changes.systemVariable("time_zone", "it's here");
        run("SET time_zone = 'x'");
        assertThat(state.vector().get("character_set_results")).isEmpty();
        assertThat(state.vector().get("time_zone")).isEqualTo("it's here");
        assertThat(pins()).isEmpty();
    }
}
