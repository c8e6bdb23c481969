package dev.sluice.protocol.response;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.ServerStatus;
import dev.sluice.protocol.testing.ClientForm;
import dev.sluice.protocol.testing.GoldenCapture;
import dev.sluice.protocol.testing.Hex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Responses of real servers, recorded once for each kind of client. What we make of the one for a client like our backend
 * connections has to be what the server itself sent to the other kinds.
 */
class GoldenCaptureTest {
    /** Captures whose answers servers give otherwise to some clients, with the reason; each has a test of its own. */
    private static final Map<String, String> OTHERWISE = Map.of(
            "mysql-8.0.31/execute-out-parameter",
            "MySQL, unlike MariaDB, denies to clients without CLIENT_DEPRECATE_EOF that a result follows, and sends it",
            "mysql-8.0.31/execute-cursor-error",
            "without CLIENT_DEPRECATE_EOF a cursor that cannot be opened has no EOF between definitions and ERR",
            "mariadb-10.11.19/execute-cursor-error",
            "without CLIENT_DEPRECATE_EOF a cursor that cannot be opened has no EOF between definitions and ERR");

    static Stream<Arguments> responses() {
        return GoldenCapture.allWith("modern")
                .flatMap(capture -> Stream.of(ClientForm.values()).map(form -> Arguments.of(capture, form)));
    }

    static Stream<Arguments> comparable() {
        return responses().filter(arguments -> {
            GoldenCapture capture = (GoldenCapture) arguments.get()[0];
            ClientForm form = (ClientForm) arguments.get()[1];
            return capture.has("asks")
                    && !capture.has("varies")
                    && (form.deprecatesEof() || !OTHERWISE.containsKey(capture.name()));
        });
    }

    @ParameterizedTest
    @MethodSource("responses")
    void theResponseIsRelayedToItsEnd(GoldenCapture capture, ClientForm form) {
        Relay relay = Relay.of(capture, form).feed(capture.bytes("modern"));

        assertThat(relay.scanner.isComplete()).isTrue();
        assertThat(relay.unread()).isZero();
        if (form == ClientForm.MODERN) {
            byte[] modern = capture.bytes("modern");
            if (capture.name().endsWith("idle-timeout")) {
                modern[3] = 1;
            }
            assertThat(Hex.of(relay.forwarded())).isEqualTo(Hex.of(modern));
        }
    }

    @ParameterizedTest
    @MethodSource("comparable")
    void everyClientGetsWhatTheServerWouldHaveSentIt(GoldenCapture capture, ClientForm form) {
        byte[] fromServer = withoutStateInEof(capture.bytes(form.keyword()));

        Relay relay = Relay.of(capture, form).feed(capture.bytes("modern"));

        byte[] forwarded = relay.forwarded();
        if (relay.events.get(0).startsWith("PREPARE_OK")) {
            // MariaDB counts the statements of all connections; the session has ids of its own anyway.
            System.arraycopy(fromServer, 5, forwarded, 5, 4);
        }
        for (int eof : relay.insertedAt) {
            // Warnings and status of an inserted EOF are the session's to choose: nobody knows the server's yet.
            System.arraycopy(fromServer, eof + 5, forwarded, eof + 5, 4);
        }
        assertThat(withoutGtids(forwarded)).isEqualTo(withoutGtids(fromServer));
    }

    /** MariaDB says in an EOF, where there is no room for it, that there is session state; MySQL and Sluice do not. */
    private static byte[] withoutStateInEof(byte[] packets) {
        ByteBuf in = Unpooled.wrappedBuffer(packets);
        while (in.isReadable()) {
            int length = in.readUnsignedMediumLE();
            in.skipBytes(1);
            int status = in.readerIndex() + 3;
            if (length == 5 && in.getUnsignedByte(in.readerIndex()) == 0xFE) {
                in.setShortLE(status, in.getUnsignedShortLE(status) & ~ServerStatus.SERVER_SESSION_STATE_CHANGED);
            }
            in.skipBytes(length);
        }
        return packets;
    }

    /** Each recording of a change has a GTID of its own. */
    private static String withoutGtids(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1)
                .replaceAll("([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}):\\d+", "$1:N")
                .replaceAll("(last_gtid.\\d+-\\d+)-\\d+", "$1-N")
                .chars()
                .mapToObj("%02x"::formatted)
                .reduce("", String::concat);
    }

    @Test
    void outParametersKeepTheFlagThatAnotherResultFollows() {
        GoldenCapture capture = GoldenCapture.of("mysql-8.0.31", "execute-out-parameter");

        Relay relay = Relay.of(capture, ClientForm.LEGACY).feed(capture.bytes("modern"));

        assertThat(relay.forwarded()).hasSameSizeAs(capture.bytes("legacy"));
        assertThat(relay.events)
                .containsExactly(
                        "RELAY",
                        "COLUMNS_END 3",
                        "RELAY",
                        "ROWS_END rows=1 status=" + 0x100A,
                        "OK affected=0 status=2 state=0");
    }

    @Test
    void aCursorThatCannotBeOpenedHasOneEofMore() {
        for (String server : GoldenCapture.SERVERS) {
            GoldenCapture capture = GoldenCapture.of(server, "execute-cursor-error");

            Relay relay = Relay.of(capture, ClientForm.LEGACY).feed(capture.bytes("modern"));

            assertThat(relay.events).containsExactly("RELAY", "COLUMNS_END 3", "ERR 1690");
            byte[] legacy = capture.bytes("legacy");
            byte[] expected = capture.bytes("modern");
            assertThat(legacy).isEqualTo(expected);
            assertThat(relay.forwarded()).hasSize(legacy.length + 9);
        }
    }

    @ParameterizedTest
    @MethodSource("responses")
    void everyCaptureSaysWhereItComesFrom(GoldenCapture capture) {
        assertThat(capture.comments().get(0)).containsPattern("^(MySQL|MariaDB) [0-9.]+; recorded");
    }

    @Test
    void whatIsOtherwiseReallyIs() {
        List<String> same = new ArrayList<>();
        for (String name : OTHERWISE.keySet()) {
            String[] parts = name.split("/", -1);
            GoldenCapture capture = GoldenCapture.of(parts[0], parts[1]);
            byte[] forwarded = Relay.of(capture, ClientForm.LEGACY)
                    .feed(capture.bytes("modern"))
                    .forwarded();
            if (Arrays.equals(forwarded, capture.bytes("legacy"))) {
                same.add(name);
            }
        }
        assertThat(same).isEmpty();
    }
}
