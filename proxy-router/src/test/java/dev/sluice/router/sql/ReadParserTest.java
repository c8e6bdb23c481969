package dev.sluice.router.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ReadParserTest {
    @Test
    void aClosedParserConfirmsNothing() {
        ReadParser parser = new ReadParser(ClassifierLimits.DEFAULT);
        parser.close();
        byte[] statement = "SELECT 1".getBytes(StandardCharsets.US_ASCII);
        assertThat(parser.parse(statement, StandardCharsets.US_ASCII, LexicalMode.DEFAULT, Duration.ofSeconds(5)))
                .isEqualTo(ReadParser.Verdict.BUSY);
    }
}
