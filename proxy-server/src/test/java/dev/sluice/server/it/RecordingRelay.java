package dev.sluice.server.it;

import dev.sluice.server.config.HostPort;
import dev.sluice.server.localcluster.LocalServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Stands in front of a server and writes down what is sent to it. Thread-safe: by locks and a concurrent set. */
final class RecordingRelay implements AutoCloseable {
    private final ServerSocket listening;
    private final int serverPort;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();

    private RecordingRelay(ServerSocket listening, int serverPort) {
        this.listening = listening;
        this.serverPort = serverPort;
    }

    static RecordingRelay to(LocalServer server) throws IOException {
        RecordingRelay relay =
                new RecordingRelay(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), server.port());
        start(relay::accept);
        return relay;
    }

    HostPort address() {
        return new HostPort("127.0.0.1", listening.getLocalPort());
    }

    /** Whether these bytes have been sent to the server in a row. */
    boolean hasSent(byte[] bytes) {
        synchronized (sent) {
            return sent.toString(StandardCharsets.ISO_8859_1).contains(new String(bytes, StandardCharsets.ISO_8859_1));
        }
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "recording-relay");
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

    private void pump(Socket from, Socket to, boolean recorded) {
        try (from;
                to) {
            byte[] buffer = new byte[64 * 1024];
            for (int length = from.getInputStream().read(buffer);
                    length >= 0;
                    length = from.getInputStream().read(buffer)) {
                if (recorded) {
                    synchronized (sent) {
                        sent.write(buffer, 0, length);
                    }
                }
                to.getOutputStream().write(buffer, 0, length);
            }
        } catch (IOException gone) {
            // The other direction ended: so does this one.
        } finally {
            sockets.remove(from);
            sockets.remove(to);
        }
    }

    private void end() {
        for (Socket socket : sockets) {
            try {
                socket.close();
            } catch (IOException gone) {
                sockets.remove(socket);
            }
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
        end();
    }
}
