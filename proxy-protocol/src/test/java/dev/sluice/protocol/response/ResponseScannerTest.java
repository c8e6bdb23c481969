package dev.sluice.protocol.response;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.protocol.ProtocolException;
import dev.sluice.protocol.ServerStatus;
import dev.sluice.protocol.testing.Hex;
import dev.sluice.protocol.testing.ResponseBytes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every shape with every legal reply, for frontends with and without CLIENT_DEPRECATE_EOF. The goal is transparency: what
 * is forwarded has to be what a server would have sent to such a frontend itself, however the bytes were cut.
 */
class ResponseScannerTest {
    private static final int AUTOCOMMIT = ServerStatus.SERVER_STATUS_AUTOCOMMIT;
    private static final int MORE = AUTOCOMMIT | ServerStatus.SERVER_MORE_RESULTS_EXISTS;
    private static final int CURSOR = AUTOCOMMIT | ServerStatus.SERVER_STATUS_CURSOR_EXISTS;
    private static final int RANDOM_CUTS = 200;
    private static final byte[] STATE = Hex.bytes("02 01 31");

    /** A reply, written for either kind of client, and whether the frontend deprecates EOF. */
    record Reply(String name, ResponseShape shape, Consumer<ResponseBytes> writer, boolean deprecatesEof) {
        byte[] fromBackend() {
            return bytes(true);
        }

        byte[] toFrontend() {
            return bytes(deprecatesEof);
        }

        private byte[] bytes(boolean deprecates) {
            ResponseBytes bytes = new ResponseBytes(deprecates);
            writer.accept(bytes);
            return bytes.bytes();
        }

        @Override
        public String toString() {
            return shape + " " + name + (deprecatesEof ? "" : ", EOF");
        }
    }

    static Stream<Reply> replies() {
        List<Reply> replies = new ArrayList<>();
        for (boolean deprecates : new boolean[] {true, false}) {
            Matrix matrix = new Matrix(replies, deprecates);
            for (int columns : new int[] {1, 300}) {
                for (int rows : new int[] {0, 1, 3}) {
                    resultSets(matrix, columns, rows);
                }
                columnsWithoutRows(matrix, columns);
            }
            singlePackets(matrix);
            several(matrix);
        }
        return replies.stream();
    }

    private record Matrix(List<Reply> replies, boolean deprecates) {
        void add(String name, ResponseShape shape, Consumer<ResponseBytes> writer) {
            replies.add(new Reply(name, shape, writer, deprecates));
        }
    }

    private static void resultSets(Matrix matrix, int columns, int rows) {
        String size = columns + " columns, " + rows + " rows";
        matrix.add("result set " + size, ResponseShape.QUERY, r -> r.resultSet(columns, rows, AUTOCOMMIT));
        matrix.add(
                "ERR after " + size,
                ResponseShape.QUERY,
                r -> r.columns(columns).columnsEnd().rows(rows, columns).err(1690, "out of range"));
        matrix.add(
                "three results " + size,
                ResponseShape.QUERY,
                r -> r.resultSet(columns, rows, MORE).ok(1, MORE).resultSet(1, rows, AUTOCOMMIT));
        matrix.add(
                "rows " + size, ResponseShape.FETCH, r -> r.rows(rows, columns).rowsEnd(0, CURSOR));
        matrix.add(
                "ERR after rows " + size,
                ResponseShape.FETCH,
                r -> r.rows(rows, columns).err(1317, "interrupted"));
        matrix.add(
                "prepared " + rows + " parameters " + columns + " columns",
                ResponseShape.PREPARE,
                r -> r.prepared(7, rows, columns));
    }

    private static void columnsWithoutRows(Matrix matrix, int columns) {
        // One end packet only, for both kinds of client.
        matrix.add(
                "cursor " + columns,
                ResponseShape.QUERY,
                r -> r.columns(columns).rowsEnd(0, CURSOR));
        matrix.add(
                "ERR in definitions " + columns,
                ResponseShape.QUERY,
                r -> r.payload(new byte[] {5}).definitions(4).err(1053, "shutdown"));
        matrix.add(
                "fields " + columns,
                ResponseShape.FIELD_LIST,
                r -> r.definitions(columns).rowsEnd(0, AUTOCOMMIT));
        matrix.add("prepared " + columns + " parameters", ResponseShape.PREPARE, r -> r.prepared(-1, columns, 0));
    }

    private static void singlePackets(Matrix matrix) {
        for (ResponseShape shape : ResponseShape.values()) {
            matrix.add("ERR", shape, r -> r.err(1064, "syntax"));
        }
        for (ResponseShape shape : new ResponseShape[] {ResponseShape.QUERY, ResponseShape.SIMPLE}) {
            matrix.add("OK", shape, r -> r.ok(300, AUTOCOMMIT));
            matrix.add("OK with state", shape, r -> r.okWithState(AUTOCOMMIT, "info", STATE));
        }
        matrix.add("end", ResponseShape.SIMPLE, r -> r.rowsEnd(1, AUTOCOMMIT));
        matrix.add("EOF", ResponseShape.SIMPLE, r -> r.eof(1, AUTOCOMMIT));
        matrix.add("OK in place of prepared", ResponseShape.PREPARE, r -> r.ok(0, AUTOCOMMIT));
        matrix.add("nothing prepared", ResponseShape.PREPARE, r -> r.prepared(1, 0, 0));
        matrix.add(
                "text",
                ResponseShape.STATISTICS,
                r -> r.payload("Uptime: 1  Threads: 2".getBytes(StandardCharsets.US_ASCII)));
    }

    private static void several(Matrix matrix) {
        matrix.add(
                "OK OK ERR",
                ResponseShape.QUERY,
                r -> r.ok(0, MORE).okWithState(MORE, "", STATE).err(1062, "duplicate"));
        matrix.add("two file requests", ResponseShape.QUERY, r -> {
            r.resultSet(2, 1, MORE).payload(Hex.bytes("fb 61"));
            r.ok(3, MORE).payload(Hex.bytes("fb 62")).ok(4, AUTOCOMMIT);
        });
        // Sequence ids go round after 256 packets, inserted ones included.
        matrix.add("400 results", ResponseShape.QUERY, r -> {
            for (int i = 0; i < 400; i++) {
                r.resultSet(1, i % 3, MORE);
            }
            r.ok(0, AUTOCOMMIT);
        });
    }

    @ParameterizedTest
    @MethodSource("replies")
    void theFrontendGetsWhatAServerWouldHaveSentIt(Reply reply) {
        Relay relay = new Relay(reply.shape, reply.deprecatesEof, false).feed(reply.fromBackend());

        assertThat(relay.scanner.isComplete()).isTrue();
        assertThat(relay.unread()).isZero();
        assertThat(relay.forwarded()).isEqualTo(reply.toFrontend());
        assertThat(relay.scanner.lastSequenceId()).isEqualTo(lastSequenceId(reply.toFrontend()));
    }

    @ParameterizedTest
    @MethodSource("replies")
    void cutsBetweenTheBytesChangeNothing(Reply reply) {
        byte[] bytes = reply.fromBackend();
        Relay whole = new Relay(reply.shape, reply.deprecatesEof, true).feed(bytes);

        Relay byteByByte = new Relay(reply.shape, reply.deprecatesEof, true);
        for (int i = 0; i < bytes.length; i++) {
            assertThat(byteByByte.scanner.isComplete()).isFalse();
            byteByByte.feed(bytes, i, i + 1);
        }

        assertSame(whole, byteByByte, "byte by byte");
        for (int seed = 0; seed < RANDOM_CUTS; seed++) {
            Relay cut = new Relay(reply.shape, reply.deprecatesEof, true);
            feedAtRandom(cut, bytes, new SplittableRandom(seed));
            assertSame(whole, cut, "seed " + seed);
        }
    }

    /** Whoever is asked for a file has to say how long it was. */
    static Stream<Reply> repliesWithoutFiles() {
        return replies().filter(reply -> !reply.name.contains("file"));
    }

    @ParameterizedTest
    @MethodSource("repliesWithoutFiles")
    void packetsAreCountedWhereTheServersIdsSayNothing(Reply reply) {
        byte[] bytes = reply.fromBackend();
        for (int seed = 0; seed < RANDOM_CUTS / 10; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            for (int at = 0;
                    at < bytes.length;
                    at += 4 + Unpooled.wrappedBuffer(bytes).getMediumLE(at)) {
                bytes[at + 3] = (byte) random.nextInt();
            }
            Relay relay = new Relay(reply.shape, reply.deprecatesEof, false);
            relay.scanner.renumber();
            feedAtRandom(relay, bytes, random);
            assertThat(relay.forwarded()).as("seed %d", seed).isEqualTo(reply.toFrontend());
        }
    }

    @Test
    void theAnswerToAFileIsCountedOnFromTheFileWhereTheServersIdsSayNothing() {
        Relay relay = new Relay(ResponseShape.QUERY, true, false);
        relay.scanner.renumber();
        relay.feed(Hex.bytes("02 00 00 77 fb 61"));
        relay.scanner.fileEnded(9);
        relay.feed(new ResponseBytes(true)
                .sequenceId(2)
                .ok(3, MORE)
                .ok(4, AUTOCOMMIT)
                .bytes());

        byte[] expected = new ResponseBytes(true)
                .sequenceId(9)
                .ok(3, MORE)
                .ok(4, AUTOCOMMIT)
                .bytes();
        assertThat(Hex.of(relay.forwarded())).isEqualTo("02000001fb61" + Hex.of(expected));
    }

    private static String forwarded(ResponseShape shape, boolean deprecatesEof, String hex) {
        byte[] bytes = Hex.bytes(hex);
        for (int cut = 0; cut <= bytes.length; cut++) {
            Relay relay = new Relay(shape, deprecatesEof, false);
            relay.scanner.metadataIsOptional();
            relay.feed(bytes, 0, cut);
            if (cut < bytes.length) {
                assertThat(relay.scanner.isComplete()).as("cut at %d", cut).isFalse();
                relay.feed(bytes, cut, bytes.length);
            }
            assertThat(relay.scanner.isComplete()).as("cut at %d", cut).isTrue();
            assertThat(relay.unread()).isZero();
            if (cut == bytes.length) {
                return Hex.of(relay.forwarded());
            }
        }
        throw new AssertionError();
    }

    private static String compact(String hex) {
        return hex.replace(" ", "");
    }

    /** As recorded from MySQL 8.0.31 after SET resultset_metadata = NONE. */
    @Test
    void aResultMayHaveNoDefinitions() {
        String rows =
                "02000001 0200 04000002 01310132 07000003 fe00000a000000" + "02000004 0100 07000005 fe000002000000";
        assertThat(forwarded(ResponseShape.QUERY, true, rows)).isEqualTo(compact(rows));
        assertThat(forwarded(ResponseShape.QUERY, false, rows))
                .isEqualTo(compact("02000001 0200 05000002 fe00000200 04000003 01310132 05000004 fe00000a00"
                        + "02000005 0100 05000006 fe00000200 05000007 fe00000200"));
        String cursor = "02000001 0200 07000002 fe000042000000";
        assertThat(forwarded(ResponseShape.QUERY, true, cursor)).isEqualTo(compact(cursor));
        assertThat(forwarded(ResponseShape.QUERY, false, cursor))
                .isEqualTo(compact("02000001 0200 05000002 fe00004200"));
    }

    @Test
    void aPreparedStatementMayHaveNoDefinitions() {
        String both = "0d000001 00 01000000 0200 0100 00 0000 00";
        assertThat(forwarded(ResponseShape.PREPARE, true, both)).isEqualTo(compact(both));
        assertThat(forwarded(ResponseShape.PREPARE, false, both))
                .isEqualTo(compact(both + "05000002 fe00000200 05000003 fe00000200"));
        String parameters = "0d000001 00 01000000 0000 0100 00 0000 00";
        assertThat(forwarded(ResponseShape.PREPARE, false, parameters))
                .isEqualTo(compact(parameters + "05000002 fe00000200"));
        String nothing = "0d000001 00 01000000 0000 0000 00 0000 00";
        assertThat(forwarded(ResponseShape.PREPARE, false, nothing)).isEqualTo(compact(nothing));
    }

    @Test
    void definitionsThatAreOptionalMayComeNevertheless() {
        String count = "02000001 0101";
        byte[] whole = new ResponseBytes(true).resultSet(1, 1, AUTOCOMMIT).bytes();
        String rest = Hex.of(whole).substring(10);
        assertThat(forwarded(ResponseShape.QUERY, true, compact(count) + rest)).isEqualTo(compact(count) + rest);
    }

    @Test
    void anEarlyErrorToACommandThatNobodyHasCountedIsTheFirstPacket() {
        ResponseScanner scanner = new ResponseScanner();
        scanner.begin(ResponseShape.QUERY, true, ResponseScanner.ANY_SEQUENCE_ID);
        scanner.renumber();
        ByteBuf in = Unpooled.wrappedBuffer(
                new ResponseBytes(true).sequenceId(7).err(1153, "large").bytes());
        assertThat(scanner.next(in)).isEqualTo(Step.ERR);
        assertThat(in.getByte(3)).isEqualTo((byte) 1);
    }

    static void feedAtRandom(Relay relay, byte[] bytes, SplittableRandom random) {
        int chunkMax = 1 + random.nextInt(bytes.length);
        int from = 0;
        while (from < bytes.length) {
            int to = Math.min(bytes.length, from + 1 + random.nextInt(chunkMax));
            relay.feed(bytes, from, to);
            from = to;
        }
    }

    private static void assertSame(Relay expected, Relay actual, String how) {
        assertThat(actual.scanner.isComplete()).as(how).isTrue();
        assertThat(actual.events).as(how).isEqualTo(expected.events);
        assertThat(actual.forwarded()).as(how).isEqualTo(expected.forwarded());
    }

    private static int lastSequenceId(byte[] packets) {
        ByteBuf in = Unpooled.wrappedBuffer(packets);
        int sequenceId = -1;
        while (in.isReadable()) {
            int length = in.readUnsignedMediumLE();
            sequenceId = in.readUnsignedByte();
            in.skipBytes(length);
        }
        return sequenceId;
    }

    @Test
    void eventsOfAMultiResultAreToldInOrder() {
        ResponseBytes bytes = new ResponseBytes(true)
                .resultSet(2, 3, MORE)
                .okWithState(MORE, "", STATE)
                .resultSet(1, 0, AUTOCOMMIT);

        Relay relay = new Relay(ResponseShape.QUERY, false, false).feed(bytes.bytes());

        assertThat(relay.events)
                .containsExactly(
                        "RELAY",
                        "COLUMNS_END 4",
                        "RELAY",
                        "ROWS_END rows=3 status=" + MORE,
                        "OK affected=0 status=" + (MORE | 0x4000) + " state=3",
                        "RELAY",
                        "COLUMNS_END 12",
                        "ROWS_END rows=0 status=" + AUTOCOMMIT);
    }

    @Test
    void fieldsOfAControlPacketAreReadInPlace() {
        ByteBuf in =
                Hex.buffer("ffff", "15 00 00 01", "00 fd 01 02 03 05 02 40 07 00", "04 696e666f", "05 00 03 01 61 00");
        in.setByte(2, in.readableBytes() - 6);
        in.skipBytes(2);
        ResponseScanner scanner = new ResponseScanner();
        scanner.begin(ResponseShape.QUERY, true);
        assertThat(scanner.isUntouched()).isTrue();

        assertThat(scanner.next(in)).isEqualTo(Step.OK);

        assertThat(scanner.isUntouched()).isFalse();
        assertThat(scanner.packetStart()).isEqualTo(2);
        assertThat(scanner.packetLength()).isEqualTo(in.writerIndex() - 2);
        assertThat(scanner.affectedRows()).isEqualTo(0x030201);
        assertThat(scanner.lastInsertId()).isEqualTo(5);
        assertThat(scanner.status()).isEqualTo(0x4002);
        assertThat(scanner.warnings()).isEqualTo(7);
        assertThat(scanner.hasSessionState()).isTrue();
        assertThat(Hex.of(in.slice(scanner.sessionStateIndex(), scanner.sessionStateLength())))
                .isEqualTo("0003016100");
    }

    @Test
    void anIncompleteControlPacketIsLeftUnread() {
        byte[] bytes = new ResponseBytes(true).ok(1, AUTOCOMMIT).bytes();
        ByteBuf in = Unpooled.buffer().writeBytes(bytes, 0, bytes.length - 1);
        ResponseScanner scanner = new ResponseScanner();
        scanner.begin(ResponseShape.SIMPLE, true);

        assertThat(scanner.next(in)).isEqualTo(Step.NEED_MORE);

        assertThat(in.readerIndex()).isZero();
        assertThat(scanner.isUntouched()).isTrue();
    }

    @Test
    void aResponseMayStartAtAnySequenceId() {
        byte[] bytes = new ResponseBytes(true)
                .sequenceId(255)
                .resultSet(1, 1, AUTOCOMMIT)
                .bytes();
        ResponseScanner scanner = new ResponseScanner();
        scanner.begin(ResponseShape.QUERY, true, 255);
        ByteBuf in = Unpooled.wrappedBuffer(bytes);

        while (!scanner.isComplete()) {
            scanner.next(in);
        }

        assertThat(scanner.lastSequenceId()).isEqualTo(2);
    }

    @Test
    void theAnswerToAFileMayHaveTheIdThatTheFrontendLed() {
        Relay relay = new Relay(ResponseShape.QUERY, true, false).feed(Hex.bytes("02 00 00 01 fb 61"));
        assertThat(relay.scanner.isComplete()).isFalse();

        relay.feed(new ResponseBytes(true).sequenceId(9).ok(3, AUTOCOMMIT).bytes());

        assertThat(relay.events).containsExactly("LOCAL_INFILE", "OK affected=3 status=2 state=0");
        assertThat(relay.scanner.isComplete()).isTrue();
    }

    @Test
    void aRequestForAFileThatWasNotOfferedBreaksTheProtocol() {
        ResponseScanner scanner = new ResponseScanner();
        scanner.begin(ResponseShape.QUERY, true);
        ByteBuf in = Unpooled.wrappedBuffer(Hex.bytes("02 00 00 01 fb 61"));
        assertThatThrownBy(() -> scanner.next(in))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("no request for a file");
    }

    @Test
    void anOfferIsForOneResponse() {
        ResponseScanner scanner = new ResponseScanner();
        scanner.begin(ResponseShape.QUERY, true);
        scanner.offerFile();
        scanner.begin(ResponseShape.QUERY, true);
        ByteBuf in = Unpooled.wrappedBuffer(Hex.bytes("02 00 00 01 fb 61"));
        assertThatThrownBy(() -> scanner.next(in)).isInstanceOf(ProtocolException.class);
    }

    @Test
    void theFarewellOfAnIdleServerIsAnErrWithTheIdTheFrontendExpects() {
        byte[] farewell =
                new ResponseBytes(true).sequenceId(0).err(4031, "inactivity").bytes();

        Relay relay = new Relay(ResponseShape.QUERY, true, false).feed(farewell);

        assertThat(relay.events).containsExactly("ERR 4031");
        assertThat(relay.forwarded()[3]).isEqualTo((byte) 1);
    }

    @Test
    void aScannerIsUsedAgainForTheNextResponse() {
        ResponseScanner scanner = new ResponseScanner();
        for (int i = 0; i < 3; i++) {
            scanner.begin(ResponseShape.QUERY, false);
            ByteBuf in = Unpooled.wrappedBuffer(
                    new ResponseBytes(true).resultSet(2, 2, AUTOCOMMIT).bytes());
            while (!scanner.isComplete()) {
                scanner.next(in);
            }
            assertThat(in.isReadable()).isFalse();
            assertThat(scanner.rows()).isEqualTo(2);
            assertThat(scanner.lastSequenceId()).isEqualTo(7);
        }
    }

    @Test
    void askingForMoreThanTheResponseIsAProgrammingError() {
        ResponseScanner scanner = new ResponseScanner();
        assertThatThrownBy(() -> scanner.next(Unpooled.EMPTY_BUFFER)).isInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // Rows whose first value looks like the header of another packet.
                "fb", // NULL
                "00", // an empty string, the header of OK
                "01 fe",
                "01 ff",
                "05 fe 00 00 02 00",
                "fc fb 00", // a length of two bytes
                "00 00 01" // a binary row
            })
    void rowsAreNoControlPackets(String row) {
        ResponseBytes bytes = new ResponseBytes(true)
                .columns(1)
                .payload(Hex.bytes(row))
                .payload(Hex.bytes(row))
                .rowsEnd(0, AUTOCOMMIT);

        Relay relay = new Relay(ResponseShape.QUERY, true, false).feed(bytes.bytes());

        assertThat(relay.events).containsExactly("RELAY", "ROWS_END rows=2 status=2");
    }
}
