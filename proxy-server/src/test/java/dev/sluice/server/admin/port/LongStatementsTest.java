package dev.sluice.server.admin.port;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.admin.AdminGrammar;
import dev.sluice.server.admin.OperationException;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Statements as long as the admin port takes them: all connections there share the thread that reads them. */
class LongStatementsTest {
    private static final int CHARACTERS = 256 * 1024;

    @ParameterizedTest
    @Timeout(value = 3, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    @CsvSource(delimiter = '|', quoteCharacter = '`', nullValues = "-", textBlock = """
            `SELECT a`               | ` `    | b
            `SELECT 1 `              | ` `    | -
            `SELECT `                | `1, `  | 1
            `SELECT `                | `a`    | `(`
            `SELECT 1 `              | `as `  | x
            `SELECT @@`              | `a`    | ` !`
            `SET `                   | ` `    | !
            `SET @@`                 | `a`    | -
            `USE `                   | ` `    | x y
            `START `                 | ` `    | x
            -                        | `/*`   | -
            -                        | `/**/` | x
            `SELECT 1`               | `;`    | -
            `SELECT 1`               | ` ;`   | -
            `EXPLAIN ROUTE SELECT 1` | `;`    | -
            `EXPLAIN ROUTE SELECT 1` | ` ; `  | -
            `SHOW BACKENDS`          | `;`    | x
            -                        | `;`    | x
            -                        | `a`    | -
            `SHOW `                  | `a`    | -
            `ADD BACKEND `           | `''`   | -
            `ADD BACKEND a:1 ZONE '` | `''`   | '
            """)
    void areReadInNoTime(String begin, String middle, String end) {
        String first = begin == null ? "" : begin;
        String last = end == null ? "" : end;
        String statement =
                first + middle.repeat((CHARACTERS - first.length() - last.length()) / middle.length()) + last;
        Chatter.Answer answer = new Chatter("8.0.31-sluice-1", "op@127.0.0.1", 42).answer(statement);
        if (answer == null) {
            try {
                assertThat(AdminGrammar.parse(statement)).isNotNull();
            } catch (OperationException e) {
                assertThat(e.getMessage()).hasSizeLessThan(1000);
            }
        }
    }
}
