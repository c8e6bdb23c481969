package dev.sluice.server.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.response.ResponseScanner;
import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.protocol.response.Step;
import dev.sluice.protocol.testing.Hex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class TextResultSetTest {
    private static final String COLUMN = "18000002" + "03646566" + "00" + "00" + "00" + "0161" + "0161" + "0c" + "2d00"
            + "00040000" + "fd" + "0000" + "00" + "0000";

    private static TextResultSet set(String... columns) {
        return new TextResultSet(List.of(columns));
    }

    private static String hex(ByteBuf bytes) {
        try {
            return Hex.of(bytes);
        } finally {
            bytes.release();
        }
    }

    @Test
    void theBytesAreThoseOfATextResultSet() {
        TextResultSet set = set("a");
        set.row("xy");
        assertThat(hex(set.encode(UnpooledByteBufAllocator.DEFAULT, true, 2)))
                .isEqualTo("01000001" + "01" + COLUMN + "03000003" + "027879" + "07000004" + "fe" + "00" + "00" + "0200"
                        + "0000");
    }

    @Test
    void aClientThatKnowsEofPacketsGetsTwo() {
        TextResultSet set = set("a");
        set.row("");
        assertThat(hex(set.encode(UnpooledByteBufAllocator.DEFAULT, false, 2)))
                .isEqualTo("01000001" + "01" + COLUMN + "05000003" + "fe" + "0000" + "0200" + "01000004" + "00"
                        + "05000005" + "fe" + "0000" + "0200");
    }

    @Test
    void nullIsAByteOfItsOwn() {
        TextResultSet set = set("a");
        set.row(Collections.singletonList(null));
        assertThat(hex(set.encode(UnpooledByteBufAllocator.DEFAULT, true, 2)))
                .isEqualTo("01000001" + "01" + COLUMN + "01000003" + "fb" + "07000004" + "fe" + "00" + "00" + "0200"
                        + "0000");
    }

    @Test
    void theEndAloneIsOnePacket() {
        assertThat(hex(TextResultSet.end(UnpooledByteBufAllocator.DEFAULT, true, 2)))
                .isEqualTo("07000001" + "fe" + "00" + "00" + "0200" + "0000");
        assertThat(hex(TextResultSet.end(UnpooledByteBufAllocator.DEFAULT, false, 2)))
                .isEqualTo("05000001" + "fe" + "0000" + "0200");
    }

    @Test
    void theScannerFindsAsManyColumnsAndRowsAsThereAre() {
        TextResultSet set = set("a", "b", "c");
        for (int i = 0; i < 300; i++) {
            set.row("x".repeat(i), "ü", "");
        }
        ByteBuf in = set.encode(UnpooledByteBufAllocator.DEFAULT, true, 0x22);
        try {
            ResponseScanner scanner = new ResponseScanner();
            scanner.begin(ResponseShape.QUERY, true);
            List<Step> steps = new ArrayList<>();
            while (!scanner.isComplete()) {
                steps.add(scanner.next(in));
            }
            assertThat(steps).endsWith(Step.ROWS_END).doesNotContain(Step.NEED_MORE, Step.ERR);
            assertThat(scanner.columnCount()).isEqualTo(3);
            assertThat(scanner.rows()).isEqualTo(300);
            assertThat(scanner.status()).isEqualTo(0x22);
            assertThat(in.isReadable()).isFalse();
        } finally {
            in.release();
        }
    }
}
