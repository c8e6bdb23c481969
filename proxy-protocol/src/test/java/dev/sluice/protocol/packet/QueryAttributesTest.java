package dev.sluice.protocol.packet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.testing.Hex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QueryAttributesTest {
    private static final String TEXT = "44 4f 20 31";

    private static int textIndex(String hex) {
        byte[] bytes = Hex.bytes(hex);
        return QueryAttributes.textIndex(Unpooled.wrappedBuffer(bytes), 0, bytes.length);
    }

    /** The first six were taken by MySQL 8.0.31, which then ran the text. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "00 01",
                "fc 0000 01",
                "01 01 00 01 fd00 0178 03 616263",
                "01 01 01 01 fd00 0178",
                "01 01 00 01 0880 0178 0100000000000000",
                "01 01 00 01 0c00 0178 04 01000000",
                "01 01 00 01 0100 0178 01",
                "01 01 00 01 0d00 0178 d007",
                "01 01 00 01 0500 0178 0000000000000000",
                "01 01 00 01 0b00 0178 00",
                "01 01 00 01 f600 0178 03 312e31",
                "02 01 02 01 0300 0178 fd00 00 05000000",
                "02 01 00 01 0300 0178 fd00 0179 05000000 02 6162",
                "09 01 ff01 01 fd0000 fd0000 fd0000 fd0000 fd0000 fd0000 fd0000 fd0000 fd0000",
                "01 01 00 01 fd00 0178 fc 0100 61"
            })
    void theTextStartsBehindTheLastValue(String attributes) {
        assertThat(textIndex(attributes + TEXT)).isEqualTo(Hex.bytes(attributes).length);
        assertThat(textIndex(attributes)).isEqualTo(Hex.bytes(attributes).length);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00",
                "00 00",
                "00 02",
                "44 4f 20 31",
                "01 01 00 00",
                "01 01 00 01 fd",
                "01 01 00 01 fd00 0178 1e 616263",
                "01 01 00 01 fd00 0578",
                "01 01 00 01 7700 0178 03 616263",
                "01 01 00 01 0800 0178 01",
                "01 01 00 01 0c00 0178 05 01000000",
                "01 01 00 01 0c00 0178",
                "01 01 00 01 fd00 0178 fb",
                "01 01 00 01 fd00 0178 fe 0100000000000000 61",
                "fd ffffff 01",
                "fb 01",
                "fc 01"
            })
    void whatIsNotWholeOrNotCertainIsMalformed(String attributes) {
        assertThat(textIndex(attributes)).isEqualTo(QueryAttributes.MALFORMED);
    }

    @Test
    void noBytesAreReadBeyondThePacket() {
        for (int seed = 0; seed < 20_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] bytes = new byte[random.nextInt(40)];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) (random.nextInt(3) == 0 ? random.nextInt(256) : random.nextInt(3));
            }
            int limit = bytes.length == 0 ? 0 : random.nextInt(bytes.length);
            ByteBuf whole = Unpooled.wrappedBuffer(bytes);
            ByteBuf cut = Unpooled.wrappedBuffer(bytes, 0, limit);
            int found = QueryAttributes.textIndex(whole, 0, limit);
            assertThat(found).as("seed %d", seed).isEqualTo(QueryAttributes.textIndex(cut, 0, limit));
            assertThat(found).as("seed %d", seed).isBetween(-1, limit);
        }
    }

    @Test
    void noneIsTwoBytes() {
        ByteBuf out = Unpooled.buffer();
        QueryAttributes.writeNone(out);
        assertThat(Hex.of(out)).isEqualTo("0001");
        assertThat(QueryAttributes.areNone(out, 0, 2)).isTrue();
        assertThat(QueryAttributes.areNone(out, 0, 1)).isFalse();
    }
}
