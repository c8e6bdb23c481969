package dev.sluice.server.localcluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Loopback ports that nobody listens on at this moment.
 *
 * <p>They come from below the range that Linux takes ports of outgoing connections from: a server must find its port
 * still free when it is restarted in the middle of a busy test.
 *
 * <p>Thread-safe: it has no state.
 */
public final class FreePorts {
    private static final int FIRST = 17_000;
    private static final int LAST = 31_999;
    private static final int TRIES = 500;

    private FreePorts() {}

    /** A port that was free; the caller must be ready to find that somebody was quicker. */
    public static int pick() {
        for (int i = 0; i < TRIES; i++) {
            int port = ThreadLocalRandom.current().nextInt(FIRST, LAST + 1);
            if (isFree(port)) {
                return port;
            }
        }
        throw new LocalClusterException(
                "No free port between %d and %d was found on 127.0.0.1: end some of the programs that listen there."
                        .formatted(FIRST, LAST));
    }

    /** Whether a server could listen on this loopback port now. */
    public static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException inUse) {
            return false;
        }
    }
}
