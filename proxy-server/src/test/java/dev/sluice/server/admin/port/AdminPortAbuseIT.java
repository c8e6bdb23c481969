package dev.sluice.server.admin.port;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.auth.NativePassword;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.protocol.packet.HandshakeResponse41;
import dev.sluice.protocol.packet.HandshakeV10;
import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.config.TlsMode;
import dev.sluice.server.tls.FrontendTls;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The admin port with clients that do not behave. */
@Timeout(60)
@SuppressWarnings("NullAway.Init")
class AdminPortAbuseIT {
    private static final int COM_QUERY = 3;
    private static final int COM_STMT_CLOSE = 0x19;
    private static final int COM_PING = 0x0E;
    private static final int CAPABILITIES =
            Capabilities.CLIENT_PROTOCOL_41 | Capabilities.CLIENT_SECURE_CONNECTION | Capabilities.CLIENT_PLUGIN_AUTH;

    @TempDir
    static Path state;

    private static FrontendTls tls;

    private AdminPortFixture port;

    @BeforeAll
    static void makeCertificates() throws Exception {
        tls = AdminPortFixture.tls(TlsMode.PREFERRED, state);
    }

    @BeforeEach
    void start() throws Exception {
        port = AdminPortFixture.start(tls, Duration.ofMillis(500), Duration.ofMillis(700));
    }

    @AfterEach
    void stop() throws Exception {
        // Whatever a client did, the next one is served.
        port.administration().answer(List.of("result"), List.of(List.of("done")));
        try (Connection connection = port.connect("sslMode=DISABLED")) {
            assertThat(connection.createStatement().execute("SHOW POOLS")).isTrue();
        }
        port.close();
    }

    /** A client that writes what it is told to. */
    private final class Raw implements AutoCloseable {
        private final Socket socket = new Socket(InetAddress.getLoopbackAddress(), port.port());
        private final DataInputStream in;

        Raw() throws IOException {
            socket.setSoTimeout(10_000);
            in = new DataInputStream(socket.getInputStream());
        }

        Raw login() throws IOException {
            HandshakeV10 greeting = HandshakeV10.decode(Unpooled.wrappedBuffer(read()), 0);
            byte[] scramble = NativePassword.scramble(
                    AdminPortFixture.PASSWORD.getBytes(StandardCharsets.UTF_8), greeting.authPluginData());
            HandshakeResponse41 response = new HandshakeResponse41(
                    CAPABILITIES, 1 << 24, 45, AdminPortFixture.USER, scramble, null, NativePassword.NAME, Map.of());
            ByteBuf payload = Unpooled.buffer();
            response.encode(payload, CAPABILITIES);
            write(1, ByteBufUtil.getBytes(payload));
            assertThat(read()[0]).isZero();
            return this;
        }

        void command(int code, String argument) throws IOException {
            byte[] text = argument.getBytes(StandardCharsets.UTF_8);
            byte[] payload = new byte[1 + text.length];
            payload[0] = (byte) code;
            System.arraycopy(text, 0, payload, 1, text.length);
            write(0, payload);
        }

        void write(int sequenceId, byte[] payload) throws IOException {
            header(payload.length, sequenceId);
            socket.getOutputStream().write(payload);
        }

        void header(int length, int sequenceId) throws IOException {
            byte[] header = {(byte) length, (byte) (length >> 8), (byte) (length >> 16), (byte) sequenceId};
            socket.getOutputStream().write(header);
        }

        byte[] read() throws IOException {
            int low = in.readUnsignedByte();
            int length = low | in.readUnsignedByte() << 8 | in.readUnsignedByte() << 16;
            int unused = in.readUnsignedByte();
            return in.readNBytes(length);
        }

        int errorCode() throws IOException {
            return ErrPacket.decode(Unpooled.wrappedBuffer(read()), 0).code();
        }

        void expectEnd() throws IOException {
            try {
                byte[] unused = in.readAllBytes();
            } catch (SocketException e) {
                assertThat(e).hasMessageContaining("reset");
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    @Test
    void garbageInsteadOfALoginIsRefused() throws Exception {
        SplittableRandom random = new SplittableRandom(20);
        for (int i = 0; i < 20; i++) {
            byte[] garbage = new byte[1 + random.nextInt(2000)];
            random.nextBytes(garbage);
            try (Raw raw = new Raw()) {
                raw.socket.getOutputStream().write(garbage);
                raw.expectEnd();
            }
        }
        try (Raw raw = new Raw()) {
            raw.socket.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            raw.expectEnd();
        }
        assertThat(port.administration().operations()).isEmpty();
    }

    @Test
    void aClientThatNeverLogsInIsSentAway() throws Exception {
        try (Raw raw = new Raw()) {
            byte[] greeting = raw.read();
            assertThat(greeting).isNotEmpty();
            raw.socket.getOutputStream().write(5);
            assertThat(raw.errorCode()).isEqualTo(1159);
            raw.expectEnd();
        }
    }

    @Test
    void aClientThatSaysNothingMoreIsSentAway() throws Exception {
        try (Raw raw = new Raw().login()) {
            assertThat(raw.errorCode()).isEqualTo(4031);
            raw.expectEnd();
        }
    }

    @Test
    void aCommandThatIsTooLongIsRefusedBeforeItIsRead() throws Exception {
        try (Raw raw = new Raw().login()) {
            raw.header(10_000_000, 0);
            assertThat(raw.errorCode()).isEqualTo(1153);
            raw.expectEnd();
        }
    }

    @Test
    void aBrokenFramingEndsTheConnection() throws Exception {
        try (Raw raw = new Raw().login()) {
            raw.header(5, 3);
            assertThat(raw.errorCode()).isEqualTo(1156);
            raw.expectEnd();
        }
        try (Raw raw = new Raw().login()) {
            raw.header(0, 0);
            assertThat(raw.errorCode()).isEqualTo(1835);
            raw.expectEnd();
        }
    }

    @Test
    void commandsThatArriveTogetherOrInPiecesAreAnsweredInOrder() throws Exception {
        try (Raw raw = new Raw().login()) {
            raw.command(COM_PING, "");
            raw.command(COM_STMT_CLOSE, "1234");
            raw.command(0x63, "");
            raw.command(COM_QUERY, "SHWO");
            raw.command(COM_PING, "");
            assertThat(raw.read()[0]).isZero();
            assertThat(raw.errorCode()).isEqualTo(1047);
            assertThat(raw.errorCode()).isEqualTo(1064);
            assertThat(raw.read()[0]).isZero();
            byte[] query = {6, 0, 0, 0, 3, 'P', 'A', 'U', 'S', 'E'};
            for (byte each : query) {
                raw.socket.getOutputStream().write(each);
                raw.socket.getOutputStream().flush();
            }
            assertThat(raw.read()).containsExactly(1);
        }
    }

    @Test
    void aClientThatDoesNotReadHoldsUpItselfOnly() throws Exception {
        port.administration()
                .behave((operation, caller) ->
                        new ResultTable(List.of("text"), Collections.nCopies(10_000, List.of("x".repeat(200)))));
        try (Raw raw = new Raw().login()) {
            for (int i = 0; i < 200; i++) {
                raw.command(COM_QUERY, "SHOW SESSIONS");
            }
            try (Connection connection = port.connect("sslMode=DISABLED")) {
                assertThat(connection.createStatement().execute("SHOW POOLS")).isTrue();
            }
            // The first answer fills what is buffered; the second waits until it has been read.
            assertThat(port.administration().operations().size()).isLessThan(20);
        }
    }
}
