package dev.sluice.router.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectionIdTextTest {
    private static @Nullable KillStatement kill(String sql) {
        ByteBuf text = Unpooled.copiedBuffer(" " + sql, StandardCharsets.UTF_8);
        return KillStatement.read(text, 1, text.writerIndex() - 1, LexicalMode.DEFAULT);
    }

    private static @Nullable ConnectionIdQuestion question(String sql) {
        ByteBuf text = Unpooled.copiedBuffer(" " + sql, StandardCharsets.UTF_8);
        return ConnectionIdQuestion.read(text, 1, text.writerIndex() - 1, LexicalMode.DEFAULT);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "KILL 12 | 12 | false | false",
                "/* a */ kill /* b */ connection 12; -- c | 12 | false | false",
                "KILL QUERY '7' | 7 | true | false",
                "Kill Query connection_id ( ) | -1 | true | false",
                "KILL HARD QUERY 7 | 7 | true | true",
                "KILL SOFT CONNECTION 7;; | 7 | false | true",
                "KILL 99999999999999999999999999 | 9223372036854775807 | false | false"
            })
    void aPlainKillIsUnderstood(String sql, long id, boolean queryOnly, boolean mariaDbOnly) {
        assertThat(kill(sql)).isEqualTo(new KillStatement(id, queryOnly, mariaDbOnly));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "KILL",
                "KILL QUERY",
                "KILL QUERY ID 7",
                "KILL USER a",
                "KILL 7 8",
                "KILL 7 + 1",
                "KILL -1",
                "KILL @x",
                "KILL ?",
                "KILL 1e3",
                "KILL '7a'",
                "KILL ''",
                "KILL (7)",
                "KILL CONNECTION_ID",
                "KILL CONNECTION_ID(7)",
                "KILL 7; SELECT 1",
                "/*! KILL */ 7",
                "KILL 7 /*!99999 + 1 */",
                "SELECT 7",
                ""
            })
    void noOtherFormIsGuessedAt(String sql) {
        assertThat(kill(sql)).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "SELECT CONNECTION_ID() | CONNECTION_ID() | false",
                "select connection_id ( ) ; | connection_id ( ) | false",
                "SELECT CONNECTION_ID() AS `a b` | a b | false",
                "SELECT CONNECTION_ID() zz | zz | false",
                "SELECT @@Session.pseudo_thread_id | @@Session.pseudo_thread_id | true",
                "SELECT @@pseudo_thread_id AS zz | zz | true"
            })
    void aQuestionForTheIdAloneIsUnderstood(String sql, String column, boolean variable) {
        assertThat(question(sql)).isEqualTo(new ConnectionIdQuestion(column, variable));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT CONNECTION_ID() + 0",
                "SELECT CONNECTION_ID(), 1",
                "SELECT CONNECTION_ID() FROM t",
                "SELECT CONNECTION_ID() FROM",
                "SELECT CONNECTION_ID() LIMIT 0",
                "SELECT DISTINCT CONNECTION_ID()",
                "SELECT CONNECTION_ID() AS 'ä'",
                "SELECT CONNECTION_ID(1)",
                "SELECT CONNECTION_ID",
                "SELECT @@global.pseudo_thread_id",
                "SELECT /*!99999 1 + */ CONNECTION_ID()",
                "SELECT CONNECTION_ID(); SELECT 1",
                "(SELECT CONNECTION_ID())",
                "SELECT"
            })
    void whatAsksForMoreIsLeftToTheServer(String sql) {
        assertThat(question(sql)).isNull();
    }
}
