package dev.sluice.server.it;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;

/**
 * Stands in front of a server and comes to it from another address of this machine, as a proxy on another host does. What one
 * side ends is ended on the other. Thread-safe: each direction of a connection has a thread.
 */
final class SourceAddressRelay implements AutoCloseable {
    private static final System.Logger LOGGER = System.getLogger("SourceAddressRelay");

    private final ServerSocket listener = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    private final String source;
    private final int serverPort;

    /** @param source where the connections to the server come from; that is where they go, too */
    SourceAddressRelay(String source, int serverPort) throws IOException {
        this.source = source;
        this.serverPort = serverPort;
        start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "source-address-relay");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                Socket server = new Socket();
                server.bind(new InetSocketAddress(source, 0));
                server.connect(new InetSocketAddress(source, serverPort), TestProxy.TIMEOUT_MILLIS);
                server.setTcpNoDelay(true);
                client.setTcpNoDelay(true);
                start(() -> pump(client, server));
                start(() -> pump(server, client));
            } catch (IOException ended) {
                // The listener is closed, or the server gone: the next one fares as it will.
                LOGGER.log(System.Logger.Level.DEBUG, "not relayed", ended);
            }
        }
    }

    private static void pump(Socket from, Socket to) {
        byte[] buffer = new byte[8192];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                out.write(buffer, 0, n);
            }
        } catch (IOException ended) {
            // Either side may end at any time; both are closed now.
            LOGGER.log(System.Logger.Level.DEBUG, "relayed no more", ended);
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
