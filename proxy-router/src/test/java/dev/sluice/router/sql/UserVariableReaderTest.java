package dev.sluice.router.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a SET gives to user variables, and which of it is known. */
class UserVariableReaderTest {
    private static final String COLLATION = "utf8mb4_0900_ai_ci";
    private static final LexicalMode ANSI_QUOTES = LexicalMode.of(true, false, false, LexicalCharset.UTF8);
    private static final LexicalMode NO_ESCAPES = LexicalMode.of(false, true, false, LexicalCharset.UTF8);

    private static @Nullable List<UserVariableAssignment> read(
            String sql, LexicalMode mode, String client, String collation) {
        return UserVariableReader.read(sql.getBytes(StandardCharsets.UTF_8), mode, client, collation, false);
    }

    private static @Nullable List<UserVariableAssignment> read(String sql) {
        return read(sql, LexicalMode.DEFAULT, "utf8mb4", COLLATION);
    }

    /** The literal of the only assignment. */
    private static @Nullable String literal(String sql, LexicalMode mode, String client, String collation) {
        List<UserVariableAssignment> all = read(sql, mode, client, collation);
        assertThat(all).as(sql).hasSize(1);
        return all == null ? null : all.get(0).literal();
    }

    private static String utf8mb4(String hex) {
        return "_utf8mb4 X'" + hex + "' COLLATE " + COLLATION;
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '~',
            value = {
                "1, 1",
                "-2, -2",
                "+3, +3",
                "- 4, -4",
                "18446744073709551615, 18446744073709551615",
                "1.50, 1.50",
                ".5, .5",
                "1e5, 1e5",
                "0x41, 0x41",
                "0b01, 0b01",
                "x'4142', x'4142'",
                "B'01', B'01'",
                "true, TRUE",
                "False, FALSE",
                "null, NULL"
            })
    void numbersAndBytesStayAsTheyAreWritten(String written, String literal) {
        assertThat(literal("SET @a = " + written, LexicalMode.DEFAULT, "utf8mb4", COLLATION))
                .isEqualTo(literal);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '~',
            value = {
                "'', ~~",
                "'x', 78",
                "\"x\", 78",
                "'it''s', 69742773",
                "'a\\'b', 612762",
                "'\\n\\t\\r\\b\\0\\Z\\\\\\q', 0A090D08001A5C71",
                "'\\%\\_', 5C255C5F",
                "'é', C3A9",
                "'\uD83D\uDE00', F09F9880"
            })
    void stringsBecomeTheirBytes(String written, String hex) {
        assertThat(literal("SET @a = " + written, LexicalMode.DEFAULT, "utf8mb4", COLLATION))
                .isEqualTo(utf8mb4(hex));
    }

    @Test
    void theModeDecidesWhatQuotesAndBackslashesMean() {
        assertThat(literal("SET @a = 'a\\n'", NO_ESCAPES, "utf8mb4", COLLATION)).isEqualTo(utf8mb4("615C6E"));
        assertThat(literal("SET @a = \"a\"", ANSI_QUOTES, "utf8mb4", COLLATION)).isNull();
        assertThat(literal("SET @\"a\" = 'a'", ANSI_QUOTES, "utf8mb4", COLLATION))
                .isEqualTo(utf8mb4("61"));
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '~',
            value = {
                "latin1, utf8mb4_bin, 'x', _utf8mb4 X'78' COLLATE utf8mb4_bin",
                "utf8mb4, latin1_swedish_ci, 'x', _latin1 X'78' COLLATE latin1_swedish_ci",
                "utf8mb4, binary, 'x', _binary X'78'",
                "utf8mb4, utf8mb4_bin, 'x' COLLATE utf8mb4_general_ci, _utf8mb4 X'78' COLLATE utf8mb4_general_ci",
                "utf8mb4, utf8mb4_bin, _latin1'x' COLLATE latin1_bin, _latin1 X'78' COLLATE latin1_bin",
                "utf8mb4, utf8mb4_bin, _binary'x', _binary X'78'"
            })
    void aStringHasTheCollationOfTheConnectionOrItsOwn(
            String client, String collation, String written, String literal) {
        assertThat(literal("SET @a = " + written, LexicalMode.DEFAULT, client, collation))
                .isEqualTo(literal);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '~',
            value = {
                "latin1, latin1_swedish_ci, 'é'",
                "latin1, utf8mb4_bin, 'é'",
                "utf8mb4, latin1_bin, 'é'",
                "utf8mb4, utf8mb4_bin, _latin1'é' COLLATE latin1_bin",
                "utf8mb4, utf8mb4_bin, _binary'é'",
                "swe7, swe7_bin, 'x'",
                "utf8mb4, ucs2_general_ci, 'x'",
                "utf8mb4, utf8mb4_bin, _utf8mb4'x'",
                "utf8mb4, utf8mb4_bin, N'x'",
                "utf8mb4, ~~, 'x'"
            })
    void aStringThatMightBecomeOtherBytesOrAnotherCollationIsUnknown(String client, String collation, String written) {
        assertThat(literal("SET @a = " + written, LexicalMode.DEFAULT, client, collation))
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "@b",
                "1 + 1",
                "(1)",
                "--1",
                "-0x41",
                "-'1'",
                "NOT 1",
                "! 1",
                "'a' 'b'",
                "'a' = 'a'",
                "NOW()",
                "DATE'2020-01-01'",
                "(SELECT 1)",
                "@@sql_mode",
                "?",
                "ON",
                "`c`",
                "1 COLLATE utf8mb4_bin",
                "'x' COLLATE 'utf8mb4_bin'"
            })
    void anExpressionIsUnknown(String written) {
        assertThat(literal("SET @a = " + written, LexicalMode.DEFAULT, "utf8mb4", COLLATION))
                .isNull();
    }

    @Test
    void everyVariableOfAStatementIsFoundAmongOtherItems() {
        assertThat(read("set @a := 1 , session sql_mode = CONCAT(@@sql_mode, ',', 'x'), @B='x',@@autocommit:=1,@`c`=@a,"
                        + " NAMES utf8mb4, @'D.-e$' = NULL ; "))
                .containsExactly(
                        new UserVariableAssignment("a", "1"),
                        new UserVariableAssignment("b", utf8mb4("78")),
                        new UserVariableAssignment("c", null),
                        new UserVariableAssignment("d.-e$", "NULL"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT 1",
                "SET @a = (@b := 1)",
                "SET sql_mode = (@b := 'x')",
                "SET @a = 1; SET @b = 2",
                "SET @`a b` = 1",
                "SET @`ä` = 1",
                "SET @ä = 1",
                "SET @'a\\\\b' = 1",
                "SET @'' = 1",
                "SET @ = 1",
                "SET @a",
                "SET @a 1",
                "SET @a = 'x",
                "SET /*!50000 @a = 1 */",
                "SET @a23456789012345678901234567890123456789012345678901234567890123456 = 1"
            })
    void aStatementThatIsNotUnderstoodMayAssignAnything(String sql) {
        assertThat(read(sql)).as(sql).isNull();
    }
}
