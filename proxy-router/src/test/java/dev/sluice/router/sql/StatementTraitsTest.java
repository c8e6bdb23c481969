package dev.sluice.router.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Kind and traits of statements, exactly, by the table in statement-traits.txt. */
class StatementTraitsTest {
    static Stream<String> lines() throws IOException {
        try (InputStream in = StatementTraitsTest.class.getResourceAsStream("/statement-traits.txt")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"));
        }
    }

    @ParameterizedTest
    @MethodSource("lines")
    void kindAndTraitsAreAsWritten(String line) {
        String[] columns = line.split(" ?\\| ", 3);
        List<String> expected = columns[1].isBlank() ? List.of() : List.of(columns[1].split(" ", -1));
        byte[] text = columns[2].replace("\\n", "\n").getBytes(StandardCharsets.UTF_8);
        StatementLexer lexer = new StatementLexer();

        lexer.lex(text, 0, text.length, LexicalMode.DEFAULT);

        assertThat(lexer.kind().name().toLowerCase(Locale.ROOT)).isEqualTo(columns[0]);
        assertThat(Traits.names(lexer.traits())).containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    void everyTraitHasItsName() throws IllegalAccessException {
        for (var field : Traits.class.getFields()) {
            long bits = field.getLong(null);
            if (Long.bitCount(bits) == 1) {
                assertThat(Traits.names(bits)).containsExactly(field.getName().toLowerCase(Locale.ROOT));
            }
        }
    }
}
