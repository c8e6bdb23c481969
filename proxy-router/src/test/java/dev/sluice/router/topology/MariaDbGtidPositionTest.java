package dev.sluice.router.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MariaDbGtidPositionTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0-1-42|0-1-42",
                " 5-7-3 , \t0-1-42 |0-1-42,5-7-3",
                "0-1-42,0-2-43|0-2-43",
                "0-2-43,0-1-42|0-2-43",
                "4294967295-4294967295-9223372036854775807|4294967295-4294967295-9223372036854775807",
            })
    void textIsReadAndPrintedByDomain(String text, String canonical) {
        assertThat(MariaDbGtidPosition.parse(text)).hasToString(canonical);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "0",
                "0-1",
                "0-1-",
                "0-1-2,",
                "0-1-2-3",
                "a-1-2",
                "-1-2-3",
                "4294967296-1-1",
                "0-1-9223372036854775808"
            })
    void malformedTextIsRefusedWithItsPosition(String text) {
        assertThatThrownBy(() -> MariaDbGtidPosition.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageMatching("malformed GTID text at position \\d+: .*");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0-1-42|0-1-42|true",
                "0-1-42|0-1-43|false",
                "0-2-43|0-1-42|true",
                "0-1-42,1-1-5|1-1-5|true",
                "0-1-42|1-1-1|false",
                "1-1-5|0-1-1|false",
                "0-1-42,1-1-5,2-1-9|0-1-1,2-1-9|true",
            })
    void containsMeansAsFarInEveryDomain(String position, String other, boolean expected) {
        assertThat(MariaDbGtidPosition.parse(position).contains(MariaDbGtidPosition.parse(other)))
                .isEqualTo(expected);
    }

    @Test
    void unionTakesTheLaterSequenceOfEachDomain() {
        assertThat(MariaDbGtidPosition.parse("0-1-42,2-1-3").union(MariaDbGtidPosition.parse("0-1-40,1-1-1,2-2-4")))
                .hasToString("0-1-42,1-1-1,2-2-4");
    }

    @Test
    void theNumberOfDomainsIsBounded() {
        StringBuilder many = new StringBuilder("0-1-1");
        for (int i = 1; i <= 1024; i++) {
            many.append(',').append(i).append("-1-1");
        }
        assertThatThrownBy(() -> MariaDbGtidPosition.parse(many)).hasMessageContaining("more than 1024 domains");
    }
}
