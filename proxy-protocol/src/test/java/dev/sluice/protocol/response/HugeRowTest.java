package dev.sluice.protocol.response;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.Packets;
import dev.sluice.protocol.testing.ResponseBytes;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows of 16 MiB and more, which come in several packets and whose parts may start with anything. */
class HugeRowTest {
    private static final int MAX = Packets.MAX_PAYLOAD_LENGTH;
    private static final int CHUNK_BYTES = 1_000_003;

    @ParameterizedTest
    @CsvSource({
        "0, 0xFE", // exactly the greatest length: an empty packet follows
        "1, 0xFE",
        "1, 0xFF",
        "5, 0xFE",
        "9, 0x00",
        "16777215, 0xFE" // twice the greatest length
    })
    void continuationsAreNotLookedAt(int bytesOver, int contents) {
        byte[] row = new byte[MAX + bytesOver];
        Arrays.fill(row, (byte) contents);
        // A value with a length of eight bytes, as only values of 16 MiB and more have.
        row[0] = (byte) 0xFE;
        byte[] backend = write(new ResponseBytes(true), row);

        for (boolean deprecatesEof : new boolean[] {true, false}) {
            Relay relay = new Relay(ResponseShape.QUERY, deprecatesEof, false);
            for (int from = 0; from < backend.length; from += CHUNK_BYTES) {
                relay.feed(backend, from, Math.min(backend.length, from + CHUNK_BYTES));
            }

            assertThat(relay.scanner.isComplete()).isTrue();
            assertThat(relay.scanner.rows()).isEqualTo(2);
            assertThat(Arrays.equals(relay.forwarded(), write(new ResponseBytes(deprecatesEof), row)))
                    .isTrue();
        }
    }

    /** The first byte tells a row from a control packet, which may not be that long. */
    @ParameterizedTest
    @ValueSource(ints = {ResponseScanner.CONTROL_PACKET_BYTES_MAX + 1, MAX - 1, MAX})
    void theHeaderOfALargeRowMayArriveAlone(int length) {
        byte[] backend = write(new ResponseBytes(true), new byte[length]);
        int behindHeader = new ResponseBytes(true).columns(1).bytes().length + Packets.HEADER_LENGTH;

        for (boolean deprecatesEof : new boolean[] {true, false}) {
            Relay relay = new Relay(ResponseShape.QUERY, deprecatesEof, false)
                    .feed(backend, 0, behindHeader)
                    .feed(backend, behindHeader, backend.length);

            assertThat(relay.scanner.isComplete()).isTrue();
            assertThat(relay.scanner.rows()).isEqualTo(2);
        }
    }

    private static byte[] write(ResponseBytes bytes, byte[] row) {
        return bytes.columns(1)
                .columnsEnd()
                .payload(row)
                .rows(1, 1)
                .rowsEnd(0, 2)
                .bytes();
    }
}
