package dev.sluice.server.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the monitor's driver keeps in memory has an end, whatever the server sends. */
@Timeout(60)
class MonitorSocketFactoryTest {
    private static final int CHUNK = 1 << 20;

    @Test
    void anAnswerWithoutEndIsCut() throws Exception {
        try (ServerSocket door = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread endless = new Thread(() -> flood(door));
            endless.start();
            try (Socket socket = MonitorSocketFactory.newSocket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), door.getLocalPort()));
                readTooMuch(socket);
            }
            endless.join();
        }
    }

    private static void readTooMuch(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        OutputStream out = socket.getOutputStream();
        for (int question = 0; question < 3; question++) {
            out.write(1);
            in.skipNBytes(MonitorSocketFactory.ANSWER_BYTES_MAX / 2);
        }
        assertThatThrownBy(() -> in.skipNBytes(MonitorSocketFactory.ANSWER_BYTES_MAX))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("more than " + MonitorSocketFactory.ANSWER_BYTES_MAX + " bytes");
        assertThatThrownBy(in::read).isInstanceOf(IOException.class);
    }

    private static void flood(ServerSocket door) {
        try (Socket client = door.accept()) {
            byte[] chunk = new byte[CHUNK];
            for (int i = 0; i < 4 * MonitorSocketFactory.ANSWER_BYTES_MAX / CHUNK; i++) {
                client.getOutputStream().write(chunk);
            }
            throw new AssertionError("everything was taken");
        } catch (IOException ended) {
            assertThat(door.isClosed()).isFalse();
        }
    }
}
