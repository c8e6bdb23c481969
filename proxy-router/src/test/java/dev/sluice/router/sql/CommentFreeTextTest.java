package dev.sluice.router.sql;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommentFreeTextTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "SELECT 1 | SELECT 1",
                "/* a */ SELECT/* b */1 # c | SELECT 1",
                "-- x | ~~",
                "SELECT /*+ BKA(t) */ '/* s */', `a/*b*/`, \"--\", a.b | SELECT '/* s */', `a/*b*/`, \"--\", a.b",
                "DROP TABLE x/**/y | DROP TABLE x y",
                "DROP /*!50000 TABLE */ x /* y */ | DROP /*!50000 TABLE */ x /* y */",
                "SELECT 'open /* c */ | SELECT 'open /* c */",
                "SELECT 'ä', `é` /* ü */ | SELECT 'ä', `é`"
            })
    void commentsAreGapsAndNothingElseChanges(String statement, String text) {
        assertThat(CommentFreeText.of(statement, LexicalMode.DEFAULT)).isEqualTo(text);
    }
}
