package dev.sluice.router.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which statements give the account of their own session which password. */
class OwnPasswordTest {
    private static String read(String sql, LexicalMode mode) {
        byte[] password = OwnPassword.read(sql.getBytes(StandardCharsets.UTF_8), mode);
        return password == null ? "none" : new String(password, StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "SET PASSWORD = 'x' | x",
                "/* a */ set password='it''s \\'\\\\' REPLACE 'old' | it's '\\",
                "SET PASSWORD = \"x\" | x",
                "SET PASSWORD = PASSWORD('x') | x",
                "SET PASSWORD FOR CURRENT_USER() = 'x' | x",
                "SET PASSWORD FOR CURRENT_USER = PASSWORD ( 'x' ) | x",
                "ALTER USER USER() IDENTIFIED BY 'x' | x",
                "ALTER USER CURRENT_USER() IDENTIFIED BY 'é' RETAIN CURRENT PASSWORD | é",
                "ALTER USER current_user IDENTIFIED BY '' | ~~"
            })
    void theOwnAccountsPasswordIsRead(String sql, String password) {
        assertThat(read(sql, LexicalMode.DEFAULT)).isEqualTo(password);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET PASSWORD FOR 'u'@'%' = 'x'",
                "SET PASSWORD FOR user = 'x'",
                "SET PASSWORD FOR USER() = 'x'",
                "SET PASSWORD = @x",
                "SET PASSWORD TO RANDOM",
                "SET PASSWORD = PASSWORD 'x'",
                "SET PASSWORD = X'41'",
                "SET PASSWORD",
                "SET PASSWORD FOR CURRENT_USER( = 'x'",
                "ALTER USER 'u'@'%' IDENTIFIED BY 'x'",
                "ALTER USER USER IDENTIFIED BY 'x'",
                "ALTER USER u IDENTIFIED BY 'x'",
                "ALTER USER USER() IDENTIFIED WITH caching_sha2_password BY 'x'",
                "ALTER USER USER() IDENTIFIED BY RANDOM PASSWORD",
                "ALTER USER USER() ACCOUNT LOCK",
                "ALTER TABLE t ADD v INT",
                "SET x = 'x'",
                "SELECT 'x'",
                ""
            })
    void nothingElseIs(String sql) {
        assertThat(read(sql, LexicalMode.DEFAULT)).isEqualTo("none");
    }

    @Test
    void bytesThatAreNoUtf8AreNotTakenForAPassword() {
        LexicalMode latin1 = LexicalMode.of(false, true, false, LexicalCharset.of("latin1"));
        assertThat(read("SET PASSWORD = 'é'", latin1)).isEqualTo("none");
        assertThat(read("SET PASSWORD = 'a\\n'", latin1)).isEqualTo("a\\n");
    }
}
