package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.packet.SslRequest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients by the thousand that begin to log in and never go on, with and without TLS. */
@Timeout(120)
class HalfOpenIT {
    private static final int CLIENTS = 1_000;
    private static final int WINDOW_MILLIS = 2_000;
    /** The beginning of a ClientHello of 512 bytes. */
    private static final byte[] HALF_A_HELLO = {0x16, 3, 1, 2, 0, 1, 0, 1, (byte) 0xFC, 3, 3};

    private static byte[] sslRequest() {
        ByteBuf packet = Unpooled.buffer();
        packet.writeMediumLE(SslRequest.LENGTH).writeByte(1);
        new SslRequest(RawClient.CAPABILITIES | Capabilities.CLIENT_SSL, 1 << 24, 255).encode(packet, 0);
        return ByteBufUtil.getBytes(packet);
    }

    private static List<RawClient> halfOpen(int port) throws IOException {
        List<RawClient> clients = new ArrayList<>();
        byte[] request = sslRequest();
        for (int i = 0; i < CLIENTS; i++) {
            RawClient client = RawClient.open(port);
            clients.add(client);
            if (i % 10 != 0) {
                client.writeBytes(request);
                client.writeBytes(HALF_A_HELLO);
            }
        }
        return clients;
    }

    private static void close(List<RawClient> clients) throws IOException {
        for (RawClient client : clients) {
            client.close();
        }
    }

    /** CPU time of all event loops, in nanoseconds. */
    private static long loopNanos() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long sum = 0;
        for (long id : threads.getAllThreadIds()) {
            var info = threads.getThreadInfo(id);
            if (info != null && info.getThreadName().startsWith("sluice-loop")) {
                sum += Math.max(0, threads.getThreadCpuTime(id));
            }
        }
        return sum;
    }

    @Test
    void aThousandHalfOpenTlsHandshakesCostNoTimeAndHoldUpNobody() throws Exception {
        try (TestProxy proxy =
                TestProxy.options().connectPhaseTimeout(Duration.ofMinutes(5)).start(Servers.mysql())) {
            List<RawClient> clients = halfOpen(proxy.port());
            try (RawClient witness = proxy.raw()) {
                assertThat(witness.value("SELECT 1")).isEqualTo("1");
                // Nobody says anything from here on but the witness.
                long before = loopNanos();
                assertThat(before).isPositive();
                witness.timeout(WINDOW_MILLIS);
                assertThat(isSilent(witness)).isTrue();
                long spent = loopNanos() - before;
                assertThat(Duration.ofNanos(spent)).isLessThan(Duration.ofMillis(WINDOW_MILLIS / 20));
                assertThat(proxy.server().sessions().connections()).isEqualTo(CLIENTS + 1);
            } finally {
                close(clients);
            }
            proxy.awaitQuiet();
        }
    }

    private static boolean isSilent(RawClient client) throws IOException {
        try {
            byte[] unused = client.read();
            return false;
        } catch (SocketTimeoutException nothing) {
            return true;
        }
    }

    /** The arithmetic of a handshake is what one connection may cost; with this it would be as much as there is time. */
    @Test
    void nobodyBeginsASecondHandshakeOnAConnection() throws Exception {
        SSLContext trusting = SSLContext.getInstance("TLS");
        trusting.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
        try (TestProxy proxy = TestProxy.start(Servers.mysql());
                Socket plain = new Socket(InetAddress.getLoopbackAddress(), proxy.port())) {
            plain.setSoTimeout(TestProxy.TIMEOUT_MILLIS);
            int length = plain.getInputStream().read() + Packets.HEADER_LENGTH - 1;
            assertThat(plain.getInputStream().readNBytes(length)).hasSize(length);
            plain.getOutputStream().write(sslRequest());
            try (SSLSocket tls = (SSLSocket) trusting.getSocketFactory().createSocket(plain, "127.0.0.1", 0, true)) {
                tls.setEnabledProtocols(new String[] {"TLSv1.2"});
                tls.startHandshake();
                assertThat(tls.getSession().getProtocol()).isEqualTo("TLSv1.2");
                // It is begun here, and goes on with the next read.
                tls.startHandshake();
                assertThatThrownBy(tls.getInputStream()::read).isInstanceOf(SSLException.class);
            }
            proxy.awaitQuiet();
        }
    }

    /** The answer would have to go through TLS, which never comes to be: the connection ends without one. */
    @Test
    void aThousandHalfOpenHandshakesEndWithTheTimeForLogins() throws Exception {
        try (TestProxy proxy =
                TestProxy.options().connectPhaseTimeout(Duration.ofSeconds(3)).start(Servers.mysql())) {
            long start = System.nanoTime();
            List<RawClient> clients = halfOpen(proxy.port());
            try {
                for (RawClient client : clients) {
                    assertThat(client.isClosedByServer()).isTrue();
                }
                assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(8));
                proxy.awaitNoClients();
                try (RawClient other = proxy.raw()) {
                    assertThat(other.value("SELECT 1")).isEqualTo("1");
                }
            } finally {
                close(clients);
            }
            proxy.awaitQuiet();
        }
    }
}
