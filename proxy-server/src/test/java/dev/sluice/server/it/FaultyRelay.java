package dev.sluice.server.it;

import dev.sluice.server.config.HostPort;
import dev.sluice.server.localcluster.LocalServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Stands in front of a server and passes everything on, until it is told to end a connection at a certain packet or to
 * answer in place of the server. Thread-safe: fields are final, volatile or concurrent.
 */
final class FaultyRelay implements AutoCloseable {
    private final ServerSocket listening;
    private final int serverPort;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final AtomicInteger faults = new AtomicInteger();
    private volatile @Nullable Fault fault;
    private volatile @Nullable String deadly;
    private final AtomicInteger cutsLeft = new AtomicInteger();

    /**
     * What goes wrong on the connection that carries a text.
     *
     * @param packet where to cut it afterwards; null to answer at once
     * @param answer what to answer with
     */
    private record Fault(String text, @Nullable String packet, String answer) {}

    private FaultyRelay(ServerSocket listening, int serverPort) {
        this.listening = listening;
        this.serverPort = serverPort;
    }

    static FaultyRelay to(LocalServer server) throws IOException {
        FaultyRelay relay = new FaultyRelay(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), server.port());
        relay.start(relay::accept);
        return relay;
    }

    HostPort address() {
        return new HostPort("127.0.0.1", listening.getLocalPort());
    }

    /** Cuts once, when this packet arrives alone behind a statement with this text; the server does not get it. */
    void cutOnce(String text, byte[] packet) {
        fault = new Fault(text, latin1(packet, packet.length), "");
    }

    /** Answers this packet once, in place of the server, and ends the connection. */
    void answerAndCutOnce(String text, byte[] packet, byte[] answer) {
        fault = new Fault(text, latin1(packet, packet.length), latin1(answer, answer.length));
    }

    /** Answers once to a statement with this text, of which the server gets nothing more. */
    void answerOnce(String text, byte[] answer) {
        fault = new Fault(text, null, latin1(answer, answer.length));
    }

    /** Cuts so many connections, each when a statement with this text arrives, which the server does not get. */
    void cutAt(String text, int times) {
        cutsLeft.set(times);
        deadly = text;
    }

    /** How many connections have met their fault. */
    int faults() {
        return faults.get();
    }

    private void start(Runnable task) {
        Thread thread = new Thread(task, "faulty-relay");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listening.accept();
                Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort);
                for (Socket socket : new Socket[] {client, server}) {
                    socket.setTcpNoDelay(true);
                    sockets.add(socket);
                }
                start(() -> pump(client, server, true));
                start(() -> pump(server, client, false));
            }
        } catch (IOException ended) {
            end();
        }
    }

    private void pump(Socket from, Socket to, boolean watched) {
        try (from;
                to) {
            byte[] buffer = new byte[64 * 1024];
            Fault armed = null;
            for (int length = from.getInputStream().read(buffer);
                    length >= 0;
                    length = from.getInputStream().read(buffer)) {
                Fault next = fault;
                String cutAt = deadly;
                if (watched
                        && cutAt != null
                        && latin1(buffer, length).contains(cutAt)
                        && cutsLeft.getAndDecrement() > 0) {
                    from.close();
                    faults.incrementAndGet();
                    return;
                }
                if (armed != null && latin1(buffer, length).equals(armed.packet())) {
                    // This side first: what the server says when it loses its client must not arrive.
                    from.getOutputStream().write(armed.answer().getBytes(StandardCharsets.ISO_8859_1));
                    from.close();
                    faults.incrementAndGet();
                    return;
                }
                if (watched && next != null && latin1(buffer, length).contains(next.text())) {
                    armed = next;
                    fault = null;
                    if (armed.packet() == null) {
                        faults.incrementAndGet();
                        from.getOutputStream().write(armed.answer().getBytes(StandardCharsets.ISO_8859_1));
                        // Reads no more, so that a large statement cannot end before its answer is seen.
                        closed.await();
                        return;
                    }
                }
                to.getOutputStream().write(buffer, 0, length);
            }
        } catch (IOException gone) {
            // The other direction ended: so does this one.
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts the threads of a relay", e);
        } finally {
            sockets.remove(from);
            sockets.remove(to);
        }
    }

    private static String latin1(byte[] bytes, int length) {
        return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
    }

    private void end() {
        for (Socket socket : sockets) {
            try {
                socket.close();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }

    @Override
    public void close() throws IOException {
        closed.countDown();
        listening.close();
    }
}
