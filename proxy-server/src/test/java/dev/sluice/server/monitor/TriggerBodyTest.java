package dev.sluice.server.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which triggers may leave a user variable behind, by their bodies. */
class TriggerBodyTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET @a = NEW.id",
                "SELECT NEW.id INTO @a",
                "SET NEW.v = (@`a b` := 5)",
                "BEGIN DECLARE n INT; SELECT 1 INTO @a; END",
                "BEGIN CALL audit.note(NEW.id); END",
                "CALL note(NEW.id)",
                "SET NEW.v = app.next_number()",
                "SET NEW.v = next_number(NEW.id)",
                "BEGIN IF NEW.v IS NULL THEN SET NEW.v = next_number(NEW.id); END IF; END",
                "UPDATE counters SET n = next_number(1) WHERE id = NEW.id",
                "SET NEW.v = CONCAT('@', @b)",
                "BEGIN DECLARE n INT DEFAULT next_number(1); END",
                "BEGIN DECLARE c CURSOR FOR SELECT next_number(id) FROM t; OPEN c; END",
                "BEGIN DECLARE EXIT HANDLER FOR NOT FOUND SET done = next_number(1); END",
                "BEGIN DO next_number(1); END",
                "a: BEGIN WHILE next_number(NEW.id) < 10 DO SET NEW.v = 1; END WHILE; END",
                "BEGIN CASE next_number(1) WHEN 1 THEN SET NEW.v = 1; END CASE; END",
                "SET NEW.v = `next number`(1)",
                "SET NEW.v = /* next */ next_number (1)"
            })
    void aBodyThatMentionsAUserVariableOrRunsARoutineMay(String body) {
        assertThat(new TriggerBody(body, true, false).mayAssign()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET NEW.v = UPPER(TRIM(NEW.v))",
                "SET NEW.v = @@session.sql_mode",
                "INSERT INTO audit (id, at) VALUES (NEW.id, NOW())",
                "INSERT INTO audit SELECT id, COUNT(*) FROM t WHERE id IN (1, 2) GROUP BY id",
                "BEGIN DECLARE n INT DEFAULT (SELECT COUNT(*) FROM t); IF (n > 3) THEN INSERT INTO audit (id, v)"
                        + " VALUES (NEW.id, COALESCE(NEW.v, 0)); END IF; END",
                "BEGIN DECLARE done, n INT; SELECT COUNT(*) INTO n FROM t WHERE (id = NEW.id); IF n > (1) THEN"
                        + " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'too many'; END IF; END",
                "BEGIN UPDATE totals SET sum = (sum + NEW.v) WHERE id = NEW.id; DELETE FROM queue WHERE id = OLD.id; END",
                "BEGIN WHILE (NEW.v > 10) DO SET NEW.v = NEW.v - 1; END WHILE; END",
                "BEGIN DECLARE v VARCHAR(10); DECLARE d DECIMAL(10, 2); SET v = LEFT(NEW.s, 3); END",
                "SET NEW.mail = CONCAT(NEW.name, '@example.com'), NEW.v = \"CALL f(1)\"",
                "BEGIN -- @a, f(1)\n # @b\n /* CALL f(@c) */ SET NEW.s = 'it''s @ \\' f(1)'; END",
                "BEGIN DECLARE c CURSOR FOR SELECT id FROM t WHERE (v > 1); DECLARE CONTINUE HANDLER FOR NOT FOUND"
                        + " SET done = 1; OPEN c; one: LOOP FETCH c INTO n; IF (done) THEN LEAVE one; END IF; END LOOP; END",
                "REPLACE INTO audit (id) VALUES (REPLACE(NEW.s, 'a', 'b'))",
                "BEGIN CASE WHEN (NEW.v = 1) THEN SET NEW.v = 2; ELSE SET NEW.v = 3; END CASE; END"
            })
    void aBodyOfBuiltInFunctionsAndLocalVariablesDoesNot(String body) {
        assertThat(new TriggerBody(body, true, false).mayAssign()).isFalse();
    }

    @Test
    void whereABackslashIsAPlainCharacterStringsEndBehindIt() {
        assertThat(new TriggerBody("SET NEW.s = '\\', @a = 1, NEW.t = ''", false, false).mayAssign())
                .isTrue();
        assertThat(new TriggerBody("SET NEW.s = '\\', @a = 1, NEW.t = '", true, false).mayAssign())
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SET @@sort_buffer_size = 65536 | true",
                "SET NEW.a = 1, @@`sort_buffer_size` := 65536 | true",
                "SET @@session.sort_buffer_size = 65536 | false",
                "SET NEW.a = @@sort_buffer_size | false",
                "SET NEW.a = '@@sort_buffer_size = 1' | false"
            })
    void onMariaDbAVariableWithoutAScopeIsSetUnreported(String body, boolean unreported) {
        assertThat(new TriggerBody(body, true, true).mayAssign()).isEqualTo(unreported);
        assertThat(new TriggerBody(body, true, false).mayAssign()).isFalse();
    }
}
