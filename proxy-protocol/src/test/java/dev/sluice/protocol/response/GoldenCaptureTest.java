package dev.sluice.protocol.response;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.testing.GoldenCapture;
import dev.sluice.protocol.testing.Hex;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Responses of real servers, recorded twice: for a client like our backend connections (modern) and for a client without
 * CLIENT_DEPRECATE_EOF and CLIENT_SESSION_TRACK (legacy). What we make of the first for such a client has to be the second.
 */
class GoldenCaptureTest {
    static Stream<GoldenCapture> responses() {
        return GoldenCapture.allWith("modern");
    }

    static Stream<GoldenCapture> recordedTwice() {
        // COM_STATISTICS tells the time. MySQL, unlike MariaDB, denies to old clients, in the last EOF of OUT
        // parameters,
        // that another result follows, and then sends it; the flag is kept here, see the test of its own.
        return GoldenCapture.allWith("legacy")
                .filter(capture -> !capture.name().endsWith("statistics"))
                .filter(capture -> !capture.name().equals("mysql-8.0.31/execute-out-parameter"));
    }

    @ParameterizedTest
    @MethodSource("responses")
    void aModernFrontendGetsWhatTheServerSent(GoldenCapture capture) {
        byte[] modern = capture.bytes("modern");

        Relay relay = relay(capture, true, false).feed(modern);

        assertThat(relay.scanner.isComplete()).isTrue();
        assertThat(relay.unread()).isZero();
        if (capture.name().endsWith("idle-timeout")) {
            modern[3] = 1;
        }
        assertThat(Hex.of(relay.forwarded())).isEqualTo(Hex.of(modern));
    }

    @ParameterizedTest
    @MethodSource("recordedTwice")
    void anOldFrontendGetsWhatTheServerWouldHaveSentIt(GoldenCapture capture) {
        byte[] legacy = capture.bytes("legacy");

        Relay relay = relay(capture, false, true).feed(capture.bytes("modern"));

        assertThat(relay.scanner.isComplete()).isTrue();
        assertThat(relay.unread()).isZero();
        byte[] forwarded = relay.forwarded();
        for (int eof : relay.insertedAt) {
            // Warnings and status of an inserted EOF are the session's to choose: nobody knows the server's yet.
            System.arraycopy(legacy, eof + 5, forwarded, eof + 5, 4);
        }
        assertThat(Hex.of(forwarded)).isEqualTo(Hex.of(legacy));
    }

    @Test
    void outParametersKeepTheFlagThatAnotherResultFollows() {
        GoldenCapture capture = GoldenCapture.of("mysql-8.0.31", "execute-out-parameter");

        Relay relay = relay(capture, false, true).feed(capture.bytes("modern"));

        assertThat(relay.forwarded()).hasSameSizeAs(capture.bytes("legacy"));
        assertThat(relay.events)
                .containsExactly(
                        "RELAY",
                        "COLUMNS_END 3",
                        "RELAY",
                        "ROWS_END rows=1 status=" + 0x100A,
                        "OK affected=0 status=2 state=0");
    }

    @ParameterizedTest
    @MethodSource("responses")
    void everyCaptureSaysWhereItComesFrom(GoldenCapture capture) {
        assertThat(capture.comments().get(0)).containsPattern("(MySQL|MariaDB) [0-9.]+; recorded");
    }

    private static Relay relay(GoldenCapture capture, boolean deprecatesEof, boolean strips) {
        return new Relay(ResponseShape.valueOf(capture.text("shape")), deprecatesEof, strips);
    }
}
