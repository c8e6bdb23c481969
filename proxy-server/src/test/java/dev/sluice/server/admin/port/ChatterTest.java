package dev.sluice.server.admin.port;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChatterTest {
    private final Chatter chatter = new Chatter("8.0.31-sluice-1", "op@127.0.0.1", 42);

    private List<@Nullable String> row(String statement) {
        Chatter.Answer answer = chatter.answer(statement);
        return answer instanceof Chatter.Answer.Rows rows ? rows.table().rows().get(0) : List.of("no rows");
    }

    @Test
    void variablesAreAnsweredUnderTheirAliases() {
        Chatter.Answer answer = chatter.answer(
                "/* mysql-connector-j-26 (Revision: x) */SELECT"
                        + " @@session.auto_increment_increment AS auto_increment_increment, @@version_comment, @@Wait_Timeout w");
        assertThat(answer).isInstanceOfSatisfying(Chatter.Answer.Rows.class, rows -> {
            assertThat(rows.table().columns()).containsExactly("auto_increment_increment", "@@version_comment", "w");
            assertThat(rows.table().rows()).containsExactly(List.of("1", "Sluice admin port", "28800"));
        });
    }

    @Test
    void functionsAndNumbersAreAnswered() {
        assertThat(row("select @@version_comment limit 1")).containsExactly("Sluice admin port");
        assertThat(row("SELECT 1;")).containsExactly("1");
        assertThat(row("SELECT VERSION(), CONNECTION_ID( ), USER(), DATABASE()"))
                .isEqualTo(Arrays.asList("8.0.31-sluice-1", "42", "op@127.0.0.1", null));
    }

    @Test
    void anUnknownVariableIsNamed() {
        assertThat(chatter.answer("SELECT @@autocommit, @@nonsense"))
                .isEqualTo(new Chatter.Answer.UnknownVariable("nonsense"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET NAMES utf8mb4",
                "SET autocommit=1",
                "set session transaction read only",
                "SET character_set_results = NULL",
                "SET sql_mode='STRICT_TRANS_TABLES'",
                "SET @@session.autocommit = 0",
                "SET SQL_SELECT_LIMIT=DEFAULT",
                "USE anything",
                "COMMIT",
                "ROLLBACK;",
                "/* x */ START TRANSACTION READ ONLY"
            })
    void whatChangesNothingHereIsOk(String statement) {
        assertThat(chatter.answer(statement)).isEqualTo(new Chatter.Answer.Ok());
    }

    @Test
    void thereAreNeverWarnings() {
        assertThat(chatter.answer("SHOW WARNINGS"))
                .isInstanceOfSatisfying(
                        Chatter.Answer.Rows.class,
                        rows -> assertThat(rows.table().rows()).isEmpty());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET BACKEND 'a:1' WEIGHT 2",
                "SET BACKND 'a:1' WEIGHT 2",
                "SET FEATURE retry = off",
                "SET GLOBAL read_only = 1",
                "ROLLBACK CONFIG TO 3",
                "SHOW BACKENDS",
                "SELECT * FROM t",
                "SELECT SLEEP(1)",
                "SELECT unknown()",
                "DROP TABLE t",
                ""
            })
    void everythingElseIsForTheGrammar(String statement) {
        assertThat(chatter.answer(statement)).isNull();
    }
}
