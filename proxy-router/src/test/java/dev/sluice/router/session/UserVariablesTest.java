package dev.sluice.router.session;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which user variables are given to another connection, and which tie the session to the one that has them. */
class UserVariablesTest extends EffectsFixture {
    @BeforeEach
    void collation() {
        state.vector(state.vector().with(StateVector.COLLATION_CONNECTION, "utf8mb4_bin"));
    }

    private @Nullable String value(String name) {
        return state.vector().get("@" + name);
    }

    @Test
    void literalsBecomeReplayable() {
        run("SET @a = 1, @B := 'x'");
        assertThat(pins()).isEmpty();
        assertThat(value("a")).isEqualTo("1");
        assertThat(value("b")).isEqualTo("_utf8mb4 X'78' COLLATE utf8mb4_bin");
    }

    @Test
    void aLiteralIsReadInTheSettingsBeforeItsStatement() {
        changes.systemVariable("collation_connection", "latin1_bin");
        run("SET collation_connection = latin1_bin, @a = 'x'");
        assertThat(value("a")).isEqualTo("_utf8mb4 X'78' COLLATE utf8mb4_bin");
        run("SET @a = 'x'");
        assertThat(value("a")).isEqualTo("_latin1 X'78' COLLATE latin1_bin");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET @a = 1 + 1",
                "SELECT @a := 1",
                "SELECT 1 INTO @a",
                "GET DIAGNOSTICS @a = NUMBER",
                "UPDATE t SET v = (@a := v)",
                "SET @a = 1; SELECT 2",
                "SET @`ä` = 1"
            })
    void whatIsNoLiteralPins(String sql) {
        run(sql);
        assertThat(pins()).isEqualTo("user_variable");
        assertThat(value("a")).isNull();
    }

    @Test
    void aReplayableVariableThatIsChangedInAnUnknownWayPinsUntilItIsKnownAgain() {
        run("SET @a = 1, @b = 2");
        run("SET @a = @a + 1");
        assertThat(pins()).isEqualTo("user_variable");
        run("SET @b = 3");
        assertThat(pins()).isEqualTo("user_variable");
        run("SET @A = 5");
        assertThat(pins()).isEmpty();
        assertThat(value("a")).isEqualTo("5");
        assertThat(value("b")).isEqualTo("3");
    }

    @Test
    void inOneStatementTheLastAssignmentCounts() {
        run("SET @a = 1, @a = @a + 1");
        assertThat(pins()).isEqualTo("user_variable");
        run("SET @a = @a + 1, @a = 7");
        assertThat(pins()).isEmpty();
    }

    @Test
    void whatNoOneCanNameStaysUnknown() {
        run("SELECT @a := 1", "SET @a = 1");
        assertThat(pins()).isEqualTo("user_variable");
    }

    @Test
    void ofAStatementThatFailedNothingIsKnown() {
        run("SET @a = 1");
        run("SET @a = 2, time_zone = 'nowhere'", false);
        assertThat(pins()).isEqualTo("user_variable");
    }

    @Test
    void nullLeavesTheTypeOfTheValueBefore() {
        run("SET @a = 1", "SET @a = NULL", "SET @a = NULL", "SET @b = NULL");
        assertThat(value("a")).isEqualTo("1,@`a`=NULL");
        assertThat(value("b")).isEqualTo("_binary X'',@`b`=NULL");
        assertThat(pins()).isEmpty();
        run("SET @a = @b + 1", "SET @a = NULL");
        assertThat(pins()).isEqualTo("user_variable");
    }

    @Test
    void beyondTheBoundsVariablesPin() {
        for (int i = 0; i < UserVariables.VARIABLES_MAX; i++) {
            run("SET @v" + i + " = 1");
        }
        assertThat(pins()).isEmpty();
        run("SET @v0 = 2");
        assertThat(pins()).isEmpty();
        run("SET @more = 1");
        assertThat(pins()).isEqualTo("user_variable");
    }

    @Test
    void aValueThatIsTooLongPins() {
        run("SET @a = '" + "x".repeat(SessionState.VECTOR_CHARACTERS_MAX / 2) + "'");
        assertThat(pins()).isEqualTo("user_variable");
        assertThat(value("a")).isNull();
    }

    @Test
    void whatWasUnknownIsNullWhenItsConnectionIsGoneAndTheRestStays() {
        run("SET @a = 1, @b = 2", "SET @a = @a + 1");
        effects.connectionGone(slot);
        assertThat(pins()).isEmpty();
        assertThat(value("a")).isEqualTo("_binary X'',@`a`=NULL");
        assertThat(value("b")).isEqualTo("2");
        run("SET @b = 3");
        assertThat(pins()).isEmpty();
        run("SELECT @x := 1");
        effects.connectionGone(slot);
        assertThat(value("b")).isEqualTo("_binary X'',@`b`=NULL");
    }

    @Test
    void withoutItsTextAnAssignmentPins() {
        run("SET @a = 1", true, null);
        assertThat(pins()).isEqualTo("user_variable");
    }

    @Test
    void aStatementIsPreparedAnewWithoutTouchingWhatIsNotKnown() {
        run("SET @a = 1, @b = 2");
        StateVector reading = state.vector().forReading(true);
        run("SET @a = @a + 1", "SET @b = 3");
        StateVector preparing = effects.vectorForPreparing(reading);
        assertThat(preparing.get("@a")).isEqualTo(value("a"));
        assertThat(preparing.get("@b")).isEqualTo("2");
        run("SET @a = 4");
        assertThat(effects.vectorForPreparing(reading).get("@a")).isEqualTo("1");
        run("SELECT @x := 1");
        assertThat(effects.vectorForPreparing(reading)).isEqualTo(state.vector());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET @a = (SELECT v FROM t)",
                "SET @a = (TABLE t)",
                "SET sort_buffer_size = 1, @a = EXISTS (SELECT 1 FROM t)",
                "SET sort_buffer_size = (SELECT v FROM t), @a = 1",
                "SET @a = (WITH c AS (SELECT v FROM t) SELECT MAX(v) FROM c)"
            })
    void whatATableGivesMayHaveBeenAViewThatAssignsAnything(String sql) {
        run("SET @b = 1", sql, "SET @a = 1");
        assertThat(pins()).isEqualTo("user_variable");
        effects.connectionGone(slot);
        assertThat(value("b")).endsWith("NULL");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"SET @a = (SELECT 1)", "SET @a = TRIM('x' FROM 'xy')", "SET @a = EXTRACT(YEAR FROM '2026-01-01')"
            })
    void anExpressionWithoutATableAssignsNothingElse(String sql) {
        run(sql, "SET @a = 1");
        assertThat(pins()).isEmpty();
    }

    @Test
    void anEmptyStringThatIsNullIsNotKnown() {
        state.vector(state.vector().with("sql_mode", "ANSI_QUOTES,EMPTY_STRING_IS_NULL"));
        run("SET @a = ''");
        assertThat(pins()).isEqualTo("user_variable");
        run("SET @a = 'x', @b = x''");
        assertThat(pins()).isEmpty();
        state.vector(state.vector().with("sql_mode", ""));
        run("SET @a = ''");
        assertThat(pins()).isEmpty();
    }
}
