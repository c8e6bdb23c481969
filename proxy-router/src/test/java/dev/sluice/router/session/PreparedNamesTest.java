package dev.sluice.router.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.StatementKind;
import dev.sluice.router.sql.Traits;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An EXECUTE does what was prepared under its name. */
class PreparedNamesTest extends EffectsFixture {
    private Classification execute(String sql) {
        return effects.executed(Statements.of(sql), () -> sql);
    }

    /** Runs an EXECUTE the way a session does. */
    private void executed(String sql, boolean succeeded) {
        effects.apply(slot, execute(sql), succeeded, changes, () -> sql);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "PREPARE s FROM 'SELECT 1' | text_prepare",
                "PREPARE `S` FROM 'SELECT v FROM t WHERE id = ?' | text_prepare",
                "PREPARE s FROM \"INSERT INTO t VALUES (''x'')\"; | text_prepare",
                "PREPARE s FROM 'CALL p()' | text_prepare,routine",
                "PREPARE s FROM 'SELECT f(1)' | text_prepare,routine",
                "PREPARE s FROM 'SET @a = 1' | user_variable,text_prepare",
                "PREPARE s FROM 'SELECT ? INTO @a' | user_variable,text_prepare",
                "PREPARE s FROM 'SELECT GET_LOCK(''a'', 1)' | user_lock,text_prepare",
                "PREPARE s FROM 'SELECT GET_LOCK(\\'a\\', 1)' | user_lock,text_prepare",
                "PREPARE s FROM 'CREATE TEMPORARY TABLE x (id INT)' | temporary_table,text_prepare",
                "PREPARE s FROM 'SET ROLE r' | text_prepare,role",
                "PREPARE s FROM 'SET timestamp = 1' | text_prepare,non_replayable_variable",
                "PREPARE s FROM 'FLUSH TABLES WITH READ LOCK' | global_read_lock,text_prepare",
                "PREPARE s FROM 'SELECT' ' 1' | text_prepare,routine",
                "PREPARE s FROM @unknown | text_prepare,routine",
                "PREPARE s FROM N'SELECT 1' | text_prepare,routine",
                "PREPARE /*!s*/ s FROM 'SELECT 1' | text_prepare,routine"
            })
    void anExecuteHasTheEffectsOfItsStatement(String prepare, String pins) {
        run(prepare);
        executed("EXECUTE s USING @x", true);
        assertThat(pins()).isEqualTo(pins);
    }

    @Test
    void theStatementMayStandInAVariableWithALiteral() {
        state.vector(state.vector().with(StateVector.COLLATION_CONNECTION, "utf8mb4_bin"));
        run("SET @sql = 'SELECT 1'", "PREPARE s FROM @SQL");
        executed("EXECUTE s", true);
        assertThat(pins()).isEqualTo("text_prepare");
        run("SET @sql = CONCAT('CALL ', 'p()')", "PREPARE s FROM @sql");
        executed("execute S ; ", true);
        assertThat(pins()).isEqualTo("user_variable,text_prepare,routine");
    }

    @Test
    void kindAndTraitsAreThoseOfTheStatement() {
        run("PREPARE s FROM 'UPDATE t SET v = ?'");
        Classification update = execute("EXECUTE s USING @v");
        assertThat(update.kind()).isEqualTo(StatementKind.UPDATE);
        assertThat(update.has(Traits.WRITES)).isTrue();
        assertThat(update.has(Traits.OPAQUE)).isFalse();
        run("PREPARE s FROM 'SELECT 1'");
        assertThat(execute("EXECUTE s").kind()).isEqualTo(StatementKind.SELECT);
        run("DEALLOCATE PREPARE s");
        assertThat(execute("EXECUTE s").has(Traits.OPAQUE)).isFalse();
    }

    @Test
    void whereNothingIsPreparedAnExecuteCanOnlyFail() {
        executed("EXECUTE s", false);
        assertThat(pins()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "EXECUTE other",
                "EXECUTE IMMEDIATE 'SELECT 1'",
                "EXECUTE s; SELECT 1",
                "EXECUTE /*! s */",
                "EXECUTE s /*! */"
            })
    void whatIsNotKnownMayDoAnything(String sql) {
        run("PREPARE s FROM 'SELECT 1'");
        executed(sql, true);
        assertThat(pins()).contains("routine");
    }

    @Test
    void aTemporaryTableThatIsRenamedByAnExecuteIsNotTakenForGone() {
        run("CREATE TEMPORARY TABLE x (id INT)", "PREPARE s FROM 'ALTER TABLE x RENAME TO y'");
        executed("EXECUTE s", true);
        run("DROP TABLE x", "DEALLOCATE PREPARE s");
        assertThat(pins()).isEqualTo("temporary_table");
    }

    @Test
    void withTheConnectionTheNamesAreGone() {
        run("PREPARE s FROM 'CALL p()'");
        effects.connectionGone(slot);
        executed("EXECUTE s", false);
        assertThat(pins()).isEmpty();
    }
}
