package dev.sluice.router.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AssignedVariablesTest {
    private static @Nullable List<String> read(String sql, LexicalMode mode) {
        return AssignedVariables.read(sql.getBytes(StandardCharsets.US_ASCII), mode);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SET a = 1 | a",
                "set SESSION A := 1, b=2 ; | a b",
                "SET @@a = 1, @@local.b = 2, @@SESSION.c = 3 | a b c",
                "SET a = CONCAT(@@global.a, ',b = 1', \"c = 2\") | a",
                "SET a = b = 1 | a",
                "SET NAMES 'latin1' COLLATE latin1_bin, a = DEFAULT"
                        + " | character_set_client character_set_results collation_connection a",
                "SET character_set_connection = latin1"
                        + " | character_set_connection character_set_client character_set_results collation_connection",
            })
    void namesAreReadAsTheServerReadsThem(String sql, String names) {
        assertThat(read(sql, LexicalMode.DEFAULT)).containsExactly(names.split(" "));
    }

    @Test
    void commentsSayNothing() {
        assertThat(read("SET `a`/* b = 2 */= (1 + f(2, 3)), d# c = 3\n= 4", LexicalMode.DEFAULT))
                .containsExactly("a", "d");
    }

    @Test
    void aDoubleQuoteMayBeThatOfAName() {
        LexicalMode ansi = LexicalMode.of(true, false, false, LexicalCharset.UTF8);
        assertThat(read("SET \"a\" = 1", ansi)).containsExactly("a");
        assertThat(read("SET \"a\" = 1", LexicalMode.DEFAULT)).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET",
                "SET a",
                "SET `a b` = 1",
                "SET a =",
                "SET a = 1,",
                "SET a = 1; SET b = 2",
                "SET a = (SELECT 1)",
                "SET a = (TABLE t)",
                "SET a = @b := 1",
                "SET @a = 1",
                "SET GLOBAL a = 1",
                "SET @@global.a = 1",
                "SET PERSIST a = 1",
                "SET PASSWORD = 'a'",
                "SET a = 1, ROLE b",
                "SET CHARACTER SET latin1",
                "SET cache.key_buffer_size = 1",
                "SET @@`a` = 1",
                "SET @@session.`a` = 1",
                "SET @@session . a = 1",
                "SET a = 1 /*! , b = 2 */",
                "SET a /*!50000 = */ 1",
                "SET a = 'x",
                "SET a = (1",
                "SET a = 1)",
                "SET STATEMENT a = 1 FOR SELECT 1",
                "SELECT 1"
            })
    void anythingElseIsForTheServerAlone(String sql) {
        assertThat(read(sql, LexicalMode.DEFAULT)).isNull();
    }
}
