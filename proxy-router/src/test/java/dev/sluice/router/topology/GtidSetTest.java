package dev.sluice.router.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GtidSetTest {
    private static final String A = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
    private static final String B = "f0000000-0000-0000-8000-000000000001";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "A:5|A:5",
                "A:1-5|A:1-5",
                "A:7:1-5|A:1-5:7",
                "A:1-5:6-9|A:1-9",
                "A:1-5:3-4:2|A:1-5",
                "A:9:5:7:6:8|A:5-9",
                "B:1,A:1|A:1,B:1",
                "A:1,A:2|A:1-2",
                "A:1-3:tag:5:2:TAG_2:1|A:1-3:tag:2:5:tag_2:1",
                "A:tag:1,A:1|A:1:tag:1",
                "A:tag:1:tag:2|A:tag:1-2",
                "A:9223372036854775806|A:9223372036854775806",
            })
    void textIsReadAndPrintedInCanonicalForm(String text, String canonical) {
        assertThat(GtidSet.parse(expand(text))).hasToString(expand(canonical));
        assertThat(GtidSet.parse(expand(canonical))).isEqualTo(GtidSet.parse(expand(text)));
    }

    @Test
    void whiteSpaceAndLineBreaksMayStandBetweenAllParts() {
        assertThat(GtidSet.parse(
                        "\n " + A.toUpperCase(java.util.Locale.ROOT) + " : 1 - 5 : 7 ,\r\n\t" + B + ":tag : 1\n"))
                .hasToString(A + ":1-5:7," + B + ":tag:1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ",",
                "A",
                "A:",
                "A:0",
                "A:5-4",
                "A:1-",
                "A:-1",
                "A:1,",
                "A:1:",
                "A:1,,A:2",
                "A:1;A:2",
                "A:1 2",
                "A:tag",
                "A:tag:",
                "A:1:tag",
                "A:tag:tag2:1",
                "A:9223372036854775807",
                "A:99999999999999999999",
                "A:1x",
                "A:1-2-3",
                "A:t\u0000g:1",
                "3e11fa4771ca11e19e33c80aa9429562:1",
                "3e11fa47-71ca-11e1-9e33-c80aa942956g:1",
                "A:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:1",
                "A:1\u0660",
            })
    void malformedTextIsRefusedWithItsPosition(String text) {
        assertThatThrownBy(() -> GtidSet.parse(expand(text)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageMatching("malformed GTID text at position \\d+: .*");
    }

    @Test
    void everyTruncationOfAValidSetIsReadOrRefusedAndNothingElse() {
        String text = A + ":1-5:tag:7-9," + B + ":3";
        for (int end = 0; end < text.length(); end++) {
            String cut = text.substring(0, end);
            try {
                assertThat(GtidSet.parse(text).size())
                        .isGreaterThanOrEqualTo(GtidSet.parse(cut).size());
            } catch (IllegalArgumentException expected) {
                assertThat(expected).hasMessageStartingWith("malformed GTID text at position ");
            }
        }
    }

    @Test
    void textAndIntervalCountAreBounded() {
        assertThatThrownBy(() -> GtidSet.parse(" ".repeat((4 << 20) + 1))).hasMessageContaining("longer than");
        StringBuilder many = new StringBuilder(A);
        for (int i = 1; i <= (1 << 18) + 1; i++) {
            many.append(':').append(i * 2);
        }
        assertThatThrownBy(() -> GtidSet.parse(many)).hasMessageContaining("more than 262144 intervals");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "A:1-10|A:1-10|true",
                "A:1-10|A:3:5-7|true",
                "A:1-10|A:10-11|false",
                "A:1-4:6-10|A:4-6|false",
                "A:1-10|B:1|false",
                "A:1-10,B:1|B:1|true",
                "A:1-10|A:tag:1|false",
                "A:tag:1-3|A:tag:2|true",
                "A:tag:1-3|A:2|false",
                "B:1|A:1|false",
            })
    void containsMeansEveryTransactionOfTheOther(String set, String other, boolean expected) {
        assertThat(GtidSet.parse(expand(set)).contains(GtidSet.parse(expand(other))))
                .isEqualTo(expected);
    }

    @Test
    void anOwnGtidIsAdded() {
        assertThat(GtidSet.parse(A + ":1-4").plus(A + ":5-7," + B + ":3")).hasToString(A + ":1-7," + B + ":3");
    }

    @Test
    void coarseSpansEachSourceAndContainsTheOriginal() {
        GtidSet scattered = GtidSet.parse(A + ":3:5:9," + B + ":2");
        assertThat(scattered.coarse()).hasToString(A + ":3-9," + B + ":2");
        assertThat(scattered.coarse().contains(scattered)).isTrue();
    }

    @Test
    void positionsOfDifferentKindsAreNotComparable() {
        GtidPosition mysql = GtidPosition.parse(ServerFlavor.MYSQL, A + ":1");
        GtidPosition mariadb = GtidPosition.parse(ServerFlavor.MARIADB, "0-1-1");
        for (GtidPosition position : new GtidPosition[] {mysql, mariadb, GtidPosition.EMPTY, GtidPosition.UNKNOWN}) {
            assertThat(position.contains(GtidPosition.EMPTY)).isTrue();
            assertThat(position.contains(GtidPosition.UNKNOWN)).isFalse();
            assertThat(position.union(GtidPosition.EMPTY)).isEqualTo(position);
            assertThat(GtidPosition.EMPTY.union(position)).isEqualTo(position);
            assertThat(position.union(GtidPosition.UNKNOWN)).isEqualTo(GtidPosition.UNKNOWN);
            assertThat(GtidPosition.UNKNOWN.union(position)).isEqualTo(GtidPosition.UNKNOWN);
        }
        assertThat(mysql.contains(mariadb)).isFalse();
        assertThat(mariadb.contains(mysql)).isFalse();
        assertThat(mysql.union(mariadb)).isEqualTo(GtidPosition.UNKNOWN);
        assertThat(mariadb.union(mysql)).isEqualTo(GtidPosition.UNKNOWN);
        assertThat(GtidPosition.parse(ServerFlavor.MYSQL, " \n")).isEqualTo(GtidPosition.EMPTY);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void behavesLikeAPlainSetOfNumbers(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < 200; round++) {
            BitSet left = randomBits(random);
            BitSet right = randomBits(random);
            GtidSet leftSet = toSet(left, random);
            GtidSet rightSet = toSet(right, random);
            BitSet both = (BitSet) left.clone();
            both.or(right);
            BitSet missing = (BitSet) right.clone();
            missing.andNot(left);
            assertThat(leftSet.union(rightSet)).as("seed %d", seed).isEqualTo(toSet(both, random));
            assertThat(leftSet.contains(rightSet)).as("seed %d", seed).isEqualTo(missing.isEmpty());
            assertThat(GtidSet.parse(leftSet.toString())).isEqualTo(leftSet);
        }
    }

    private static BitSet randomBits(SplittableRandom random) {
        BitSet bits = new BitSet();
        bits.set(random.nextInt(1, 40));
        for (int i = random.nextInt(5); i > 0; i--) {
            int from = random.nextInt(1, 40);
            bits.set(from, from + random.nextInt(1, 15));
        }
        return bits;
    }

    private static GtidSet toSet(BitSet bits, SplittableRandom random) {
        java.util.List<Integer> numbers =
                new java.util.ArrayList<>(bits.stream().boxed().toList());
        java.util.Collections.shuffle(numbers, new java.util.Random(random.nextLong()));
        StringBuilder text = new StringBuilder(A);
        numbers.forEach(number -> text.append(':').append(number));
        return GtidSet.parse(text);
    }

    private static String expand(String text) {
        return text.replaceAll("(?<![a-zA-Z])A(?=:|$)", A).replaceAll("(?<![a-zA-Z])B(?=:|$)", B);
    }

    @Test
    void upToFillsTheGapBetweenTheLastNumberAndTheOwn() {
        String server = "3e11fa47-71ca-11e1-9e33-c80aa9429562:";
        GtidSet known = GtidSet.parse(server + "1-3:5-7,aaaaaaaa-71ca-11e1-9e33-c80aa9429562:1-2");
        String other = ",aaaaaaaa-71ca-11e1-9e33-c80aa9429562:1-2";

        assertThat(known.upTo(GtidSet.parse(server + "10"))).isEqualTo(GtidSet.parse(server + "1-3:5-10" + other));
        assertThat(known.upTo(GtidSet.parse(server + "8"))).isEqualTo(GtidSet.parse(server + "1-3:5-8" + other));
        assertThat(known.upTo(GtidSet.parse(server + "4"))).isEqualTo(GtidSet.parse(server + "1-7" + other));
        assertThat(known.upTo(GtidSet.parse("bbbbbbbb-71ca-11e1-9e33-c80aa9429562:9")))
                .isEqualTo(GtidSet.parse(known + ",bbbbbbbb-71ca-11e1-9e33-c80aa9429562:9"));
        assertThat(known.upTo(GtidPosition.UNKNOWN)).isEqualTo(GtidPosition.UNKNOWN);
    }
}
