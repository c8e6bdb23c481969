package dev.sluice.router.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.sql.LastStatementQuestion.Form;
import dev.sluice.router.sql.LastStatementQuestion.Subject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LastStatementQuestionTest {
    private static @Nullable LastStatementQuestion read(String sql) {
        return LastStatementQuestion.read(sql.getBytes(StandardCharsets.UTF_8), LexicalMode.DEFAULT);
    }

    private static LastStatementQuestion numbers(Subject... subjects) {
        return new LastStatementQuestion(Form.NUMBERS, List.of(subjects), 0, 1);
    }

    private static LastStatementQuestion shown(Form form, long offset, long limit) {
        return new LastStatementQuestion(form, List.of(), offset, limit);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT FOUND_ROWS()",
                "select found_rows ( ) ;",
                "SELECT FOUND_ROWS() AS total",
                "SELECT FOUND_ROWS() AS `count`",
                "SELECT FOUND_ROWS() total",
                "/* x */ SELECT FOUND_ROWS() -- y"
            })
    void theNumberOfRowsFoundIsAskedFor(String sql) {
        assertThat(read(sql)).isEqualTo(numbers(Subject.FOUND_ROWS));
    }

    @Test
    void severalNumbersAreAskedForAtOnce() {
        assertThat(read("SELECT ROW_COUNT() AS r, FOUND_ROWS() f"))
                .isEqualTo(numbers(Subject.ROW_COUNT, Subject.FOUND_ROWS));
        assertThat(read("SELECT @@warning_count, ROW_COUNT(), @@SESSION.error_count"))
                .isEqualTo(numbers(Subject.WARNING_COUNT, Subject.ROW_COUNT, Subject.ERROR_COUNT));
    }

    @Test
    void theLastInsertIdMayBeAskedForBesides() {
        assertThat(read("SELECT LAST_INSERT_ID(), FOUND_ROWS()"))
                .isEqualTo(numbers(Subject.INSERT_ID, Subject.FOUND_ROWS));
        assertThat(read("SELECT @@identity, ROW_COUNT(), @@SESSION.last_insert_id"))
                .isEqualTo(numbers(Subject.INSERT_ID, Subject.ROW_COUNT, Subject.INSERT_ID));
        assertThat(read("SELECT @@global.identity, ROW_COUNT()")).isNull();
        assertThat(read("SELECT LAST_INSERT_ID()")).isNull();
        assertThat(read("SELECT LAST_INSERT_ID(5), FOUND_ROWS()")).isNull();
    }

    @Test
    void conditionsAreCounted() {
        assertThat(read("SHOW COUNT(*) WARNINGS")).isEqualTo(numbers(Subject.WARNING_COUNT));
        assertThat(read("SHOW COUNT(*) ERRORS")).isEqualTo(numbers(Subject.ERROR_COUNT));
    }

    @Test
    void conditionsAreShown() {
        assertThat(read("SHOW WARNINGS")).isEqualTo(shown(Form.WARNINGS, 0, Long.MAX_VALUE));
        assertThat(read("show errors;")).isEqualTo(shown(Form.ERRORS, 0, Long.MAX_VALUE));
        assertThat(read("SHOW WARNINGS LIMIT 5")).isEqualTo(shown(Form.WARNINGS, 0, 5));
        assertThat(read("SHOW WARNINGS LIMIT 2, 5")).isEqualTo(shown(Form.WARNINGS, 2, 5));
        assertThat(read("SHOW ERRORS LIMIT 5 OFFSET 2")).isEqualTo(shown(Form.ERRORS, 2, 5));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT FOUND_ROWS(), 1",
                "SELECT FOUND_ROWS(), @@warning_count",
                "SELECT 1, FOUND_ROWS()",
                "SELECT FOUND_ROWS() + 1",
                "SELECT ROW_COUNT() FROM t",
                "SELECT ROW_COUNT() INTO @a",
                "SELECT ROW_COUNT() UNION SELECT 2",
                "SELECT ROW_COUNT() LIMIT 0",
                "SELECT db.ROW_COUNT()",
                "SELECT @@global.warning_count",
                "SELECT ROW_COUNT",
                "SET @a = ROW_COUNT()",
                "SHOW WARNINGS; SELECT 1",
                "SHOW WARNINGS LIMIT ?",
                "SHOW WARNINGS LIMIT -1",
                "SHOW COUNT(*)",
                "SELECT ROW_COUNT() /*! + 1 */",
                "GET DIAGNOSTICS @a = NUMBER",
                ""
            })
    void whatAsksForMoreIsNoSuchQuestion(String sql) {
        assertThat(read(sql)).isNull();
    }
}
