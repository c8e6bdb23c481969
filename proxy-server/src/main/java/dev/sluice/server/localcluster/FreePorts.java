package dev.sluice.server.localcluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Loopback ports that nobody listens on at this moment.
 *
 * <p>They come from below the range that Linux takes ports of outgoing connections from: a server must find its port
 * still free when it is restarted in the middle of a busy test. Each process of a user takes them from a part of that
 * range that no other process of the user has, in turn, so that a port is not given out again while its server is down.
 *
 * <p>Thread-safe.
 */
public final class FreePorts {
    private static final int FIRST = 17_000;
    private static final int LAST = 31_999;
    private static final int PART = 500;

    private FreePorts() {}

    /** The part of the range that is this process's until it ends. */
    private static final class Part {
        /** Never closed: an open file holds the lock on the part. */
        private static final FileChannel LOCKS = open();

        private static final int FIRST_PORT = claim();
        private static final AtomicInteger NEXT =
                new AtomicInteger(ThreadLocalRandom.current().nextInt(PART));

        private static FileChannel open() {
            Path file =
                    Platform.temporaryDirectory().resolve("sluice-ports-" + System.getProperty("user.name") + ".lock");
            try {
                return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            } catch (IOException e) {
                throw LocalClusterException.io("write", file, e);
            }
        }

        private static int claim() {
            int parts = (LAST + 1 - FIRST) / PART;
            int random = ThreadLocalRandom.current().nextInt(parts);
            for (int i = 0; i < parts; i++) {
                int part = (random + i) % parts;
                if (lock(part)) {
                    return FIRST + part * PART;
                }
            }
            // More processes than parts: two share one, and find out when they ask whether a port is free.
            return FIRST + random * PART;
        }

        private static boolean lock(int part) {
            try {
                return LOCKS.tryLock(part, 1, false) != null;
            } catch (IOException e) {
                throw new LocalClusterException("No part of the range of ports could be locked: " + e.getMessage(), e);
            }
        }

        private static int next() {
            return FIRST_PORT + Math.floorMod(NEXT.getAndIncrement(), PART);
        }
    }

    /** A port that was free; the caller must be ready to find that somebody was quicker. */
    public static int pick() {
        for (int i = 0; i < PART; i++) {
            int port = Part.next();
            if (isFree(port)) {
                return port;
            }
        }
        throw new LocalClusterException(
                "No free port between %d and %d was found on 127.0.0.1: end some of the programs that listen there."
                        .formatted(Part.FIRST_PORT, Part.FIRST_PORT + PART - 1));
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
