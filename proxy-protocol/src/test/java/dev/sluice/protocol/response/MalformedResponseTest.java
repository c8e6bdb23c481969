package dev.sluice.protocol.response;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.protocol.ProtocolException;
import dev.sluice.protocol.ServerStatus;
import dev.sluice.protocol.testing.Hex;
import dev.sluice.protocol.testing.ResponseBytes;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What no server sends is refused, and random bytes do no harm. */
class MalformedResponseTest {
    private static final int MORE = ServerStatus.SERVER_STATUS_AUTOCOMMIT | ServerStatus.SERVER_MORE_RESULTS_EXISTS;
    private static final byte[] STATE = Hex.bytes("02 01 31");

    @ParameterizedTest
    @MethodSource("malformed")
    void malformedInputIsRefused(ResponseShape shape, String hex) {
        Relay relay = new Relay(shape, true, false);
        assertThatThrownBy(() -> relay.feed(Hex.bytes(hex))).isInstanceOf(ProtocolException.class);
    }

    static Stream<Arguments> malformed() {
        String columns = "010000 01 01 " + "040000 02 03646566 ";
        return Stream.of(
                        new Object[] {ResponseShape.QUERY, "070000 02 00000002000000"}, // out of order
                        new Object[] {ResponseShape.QUERY, "000000 01"}, // empty
                        new Object[] {ResponseShape.QUERY, "050000 01 fe00000200"}, // no result starts with EOF
                        new Object[] {ResponseShape.QUERY, "020000 01 0101"}, // bytes behind the column count
                        new Object[] {ResponseShape.QUERY, "010000 01 fc"}, // half a column count
                        new Object[] {ResponseShape.QUERY, "040000 01 fd000001"}, // 65,536 columns
                        new Object[] {ResponseShape.QUERY, "030000 01 fc0000"}, // no columns
                        new Object[] {ResponseShape.QUERY, "050000 01 0000000200"}, // short OK
                        new Object[] {ResponseShape.QUERY, "080000 01 0000000200000001"}, // info cut short
                        new Object[] {ResponseShape.QUERY, "090000 01 000000024000000005"}, // state cut short
                        new Object[] {ResponseShape.QUERY, "090000 01 000000020000000000"}, // bytes behind the OK
                        new Object[] {ResponseShape.QUERY, "070000 01 00ff0002000000"}, // no such integer
                        new Object[] {ResponseShape.QUERY, "080000 01 00fe000200000000"}, // integer cut short
                        new Object[] {ResponseShape.QUERY, "020000 01 ff15"}, // short ERR
                        new Object[] {ResponseShape.QUERY, "010010 01 ff"}, // ERR of more than 1 MiB
                        new Object[] {ResponseShape.QUERY, "010010 01 00"}, // OK of more than 1 MiB
                        new Object[] {ResponseShape.QUERY, "010000 01 01 050000 02 fe00000200"}, // no definition
                        new Object[] {ResponseShape.QUERY, "010000 01 01 010000 02 fb"}, // no definition
                        new Object[] {ResponseShape.QUERY, "010000 01 01 ffffff 02 03"}, // definition of 16 MiB
                        new Object[] {ResponseShape.QUERY, columns + "000000 03"}, // empty row
                        new Object[] {ResponseShape.QUERY, columns + "010000 04 fb"}, // row out of order
                        new Object[] {ResponseShape.QUERY, columns + "010000 03 fe"}, // bare EOF
                        new Object[] {ResponseShape.QUERY, columns + "060000 03 fe0000020000"}, // between EOF and OK
                        new Object[] {ResponseShape.QUERY, "020000 01 fb61 020000 04 fb61"}, // a file for a file
                        new Object[] {ResponseShape.QUERY, "020000 01 fb61 010000 04 01"}, // columns for a file
                        new Object[] {ResponseShape.PREPARE, "0b0000 01 0001000000000000000000"}, // short
                        new Object[] {ResponseShape.PREPARE, "050000 01 fe00000200"},
                        new Object[] {ResponseShape.SIMPLE, "010000 01 01"},
                        new Object[] {ResponseShape.SIMPLE, "010000 01 fe"},
                        new Object[] {ResponseShape.FETCH, "000000 01"},
                        new Object[] {ResponseShape.FIELD_LIST, "010000 01 fe"},
                        new Object[] {ResponseShape.STATISTICS, "010010 01 41"})
                .map(Arguments::of);
    }

    @Test
    void theMessageOfMalformedInputSaysWhatWasExpected() {
        Relay relay = new Relay(ResponseShape.QUERY, true, false);
        assertThatThrownBy(() -> relay.feed(Hex.bytes("070000 03 00000002000000")))
                .hasMessage("packets out of order: sequence id: expected 1, found 3 at offset 3");
    }

    @Test
    void randomBytesAreRelayedOrRefusedButNeverReadPastTheirEnd() {
        List<ResponseShape> shapes = List.of(ResponseShape.values());
        for (int seed = 0; seed < 20_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] bytes = new ResponseBytes(true)
                    .resultSet(1 + random.nextInt(3), random.nextInt(3), MORE)
                    .okWithState(MORE, "info", STATE)
                    .prepared(1, 1, 1)
                    .bytes();
            for (int i = random.nextInt(4); i >= 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            ResponseShape shape = shapes.get(random.nextInt(shapes.size()));
            Relay relay = new Relay(shape, random.nextBoolean(), false);
            try {
                ResponseScannerTest.feedAtRandom(relay, bytes, random);
            } catch (ProtocolException e) {
                assertThat(e.field()).isNotEmpty();
            }
        }
    }
}
