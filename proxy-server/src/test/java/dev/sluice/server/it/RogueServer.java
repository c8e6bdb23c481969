package dev.sluice.server.it;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.Packets;
import dev.sluice.server.config.HostPort;
import dev.sluice.server.localcluster.LocalServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A server that does what no server does: a real one behind a relay that answers in its place what it is told to, for as
 * long as anybody takes it. Thread-safe: fields are final, volatile or concurrent.
 */
final class RogueServer implements AutoCloseable {
    /** Nobody takes so much. */
    private static final long ENDLESS = 1L << 30;

    private final ServerSocket door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final int serverPort;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicLong written = new AtomicLong();
    private final ByteArrayOutputStream heard = new ByteArrayOutputStream();
    private volatile @Nullable Lie lie;
    private volatile CountDownLatch told = new CountDownLatch(1);

    /**
     * An answer in place of the server's.
     *
     * @param marker in what the server is sent, which does not get it
     * @param first sent once
     * @param repeated sent without end; empty to go on as the relay that it was
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Lie(String marker, byte[] first, byte[] repeated) {}

    RogueServer(LocalServer server) throws IOException {
        serverPort = server.port();
        start(this::accept);
    }

    HostPort address() {
        return new HostPort("127.0.0.1", door.getLocalPort());
    }

    /** Answers once to what contains the marker, and goes on as if nothing had happened. */
    void answer(String marker, byte[] bytes) {
        answerWithoutEnd(marker, bytes, new byte[0]);
    }

    /** Answers once to what contains the marker, and never ends. */
    void answerWithoutEnd(String marker, byte[] first, byte[] repeated) {
        told = new CountDownLatch(1);
        written.set(0);
        lie = new Lie(marker, first, repeated);
    }

    /** Returns when an endless answer is not taken any more, with the bytes that were. */
    long awaitEnd() throws InterruptedException {
        told.await();
        return written.get();
    }

    /** How much of an endless answer has been taken. */
    long written() {
        return written.get();
    }

    /** Whether a lie waits to be told. */
    boolean isArmed() {
        return lie != null;
    }

    /** Everything that the server was sent, as ISO 8859-1. */
    String heard() {
        synchronized (heard) {
            return heard.toString(StandardCharsets.ISO_8859_1);
        }
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "rogue-server");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = door.accept();
                Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort);
                client.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
                sockets.add(client);
                sockets.add(server);
                start(() -> pump(client, server, true));
                start(() -> pump(server, client, false));
            }
        } catch (IOException closed) {
            sockets.forEach(RogueServer::end);
        }
    }

    private void pump(Socket from, Socket to, boolean fromClient) {
        try (from;
                to) {
            byte[] buffer = new byte[64 * 1024];
            boolean greets = !fromClient;
            for (int length = from.getInputStream().read(buffer);
                    length >= 0;
                    length = from.getInputStream().read(buffer)) {
                if (greets) {
                    withoutTls(buffer);
                    greets = false;
                }
                if (!fromClient || !lies(from, buffer, length)) {
                    to.getOutputStream().write(buffer, 0, length);
                }
            }
        } catch (IOException gone) {
            // The other direction ended: so does this one.
        } finally {
            sockets.remove(from);
            sockets.remove(to);
        }
    }

    /** Whoever encrypts tells the relay nothing: the server seems to have no TLS. */
    private static void withoutTls(byte[] greeting) {
        int endOfVersion = Packets.HEADER_LENGTH + 1;
        while (greeting[endOfVersion] != 0) {
            endOfVersion++;
        }
        // Behind the version: thread id, the first part of the nonce, a filler, and the lower half of the flags.
        greeting[endOfVersion + 15] &= ~(Capabilities.CLIENT_SSL >> 8);
    }

    private boolean lies(Socket client, byte[] buffer, int length) throws IOException {
        synchronized (heard) {
            heard.write(buffer, 0, length);
        }
        Lie next = lie;
        if (next == null || !new String(buffer, 0, length, StandardCharsets.ISO_8859_1).contains(next.marker())) {
            return false;
        }
        lie = null;
        CountDownLatch end = told;
        try {
            OutputStream out = client.getOutputStream();
            out.write(next.first());
            while (next.repeated().length > 0 && written.get() < ENDLESS) {
                out.write(next.repeated());
                written.addAndGet(next.repeated().length);
            }
        } finally {
            end.countDown();
        }
        return true;
    }

    private static void end(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new IllegalStateException("a socket that cannot be closed", e);
        }
    }

    @Override
    public void close() throws IOException {
        door.close();
        sockets.forEach(RogueServer::end);
    }
}
