package dev.sluice.server.it;

import dev.sluice.server.config.HostPort;
import dev.sluice.server.localcluster.LocalServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Stands in front of a server and passes everything on, until it is told to end a connection at a certain packet or to
 * answer in place of the server. Thread-safe: fields are final, volatile or concurrent.
 */
final class FaultyRelay implements AutoCloseable {
    /** The response to the greeting, and the one to the switch to another plugin. */
    private static final int LOGIN_MESSAGES = 2;

    private final Map<LocalServer, ServerSocket> doors = new LinkedHashMap<>();
    private final Set<Link> links = ConcurrentHashMap.newKeySet();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final AtomicInteger faults = new AtomicInteger();
    private volatile @Nullable Fault fault;
    private volatile @Nullable String deadly;
    private final AtomicInteger cutsLeft = new AtomicInteger();
    private volatile @Nullable Break nextBreak;
    private final Queue<Break> connectionBreaks = new ConcurrentLinkedQueue<>();
    private volatile boolean mute;
    private volatile @Nullable String held;
    private volatile CountDownLatch letGo = new CountDownLatch(0);
    private volatile Link lastBroken = new Link(new Socket());

    /**
     * What goes wrong on the connection that carries a text.
     *
     * @param packet where to cut it afterwards; null to answer at once
     * @param answer what to answer with
     */
    private record Fault(String text, @Nullable String packet, String answer) {}

    /** That the answers to a certain statement break off after so many bytes, by a cut or by silence. */
    private record Break(Predicate<String> statement, int bytes, boolean silent) {}

    /** One connection, by both of its directions. Thread-safe: an atomic and volatile fields. */
    private static final class Link {
        private final Socket client;
        private final AtomicInteger answered = new AtomicInteger();
        private final CountDownLatch leftByClient = new CountDownLatch(1);
        private volatile @Nullable Break broken;
        private volatile @Nullable String hello;
        private volatile boolean muted;
        private volatile boolean held;
        private final AtomicInteger said = new AtomicInteger();
        private volatile int answeredToLogin;

        Link(Socket client) {
            this.client = client;
        }
    }

    /** One door for each server. Faults are the first connection's that they fit, whichever door it came through. */
    static FaultyRelay to(LocalServer... servers) throws IOException {
        FaultyRelay relay = new FaultyRelay();
        for (LocalServer server : servers) {
            ServerSocket door = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
            relay.doors.put(server, door);
            relay.start(() -> relay.accept(door, server.port()));
        }
        return relay;
    }

    /** Where the first server is found. */
    HostPort address() {
        return address(doors.values().iterator().next());
    }

    /** Where a server is found, or null if this does not stand in front of it. */
    @Nullable
    HostPort addressOf(LocalServer server) {
        ServerSocket door = doors.get(server);
        return door == null ? null : address(door);
    }

    private static HostPort address(ServerSocket door) {
        return new HostPort("127.0.0.1", door.getLocalPort());
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

    /** Lets so many bytes of the answers to the next statement with this text through, and cuts the connection. */
    void cutAnswers(String text, int bytes) {
        nextBreak = new Break(sent -> sent.contains(text), bytes, false);
    }

    /** Lets so many bytes of the answers to the next statement with this text through, and nothing more. */
    void silenceAnswers(String text, int bytes) {
        nextBreak = new Break(sent -> sent.contains(text), bytes, true);
    }

    /** The same for the next statement that is at least so long, for what is encrypted. */
    void breakAnswersToLong(int length, int bytes, boolean silent) {
        nextBreak = new Break(sent -> sent.length() >= length, bytes, silent);
    }

    /** The same from the greeting on, for a connection to come; called again, for one that comes later. */
    void breakConnection(int bytes, boolean silent) {
        connectionBreaks.add(new Break(sent -> true, bytes, silent));
    }

    /** From now on no server says anything, to whomever; or new connections are served again. */
    void mute(boolean on) {
        mute = on;
    }

    /** Holds back what a server answers to the next statement with this text, and behind it. */
    void holdAnswers(String text) {
        letGo = new CountDownLatch(1);
        held = text;
    }

    /** Whether a statement has come whose answer is held back. */
    boolean holds() {
        return links.stream().anyMatch(link -> link.held);
    }

    /** Passes on what was held back. */
    void letGo() {
        held = null;
        links.forEach(link -> link.held = false);
        letGo.countDown();
    }

    /** Breaks off no more answers; for those that were shorter than thought. */
    void heal() {
        nextBreak = null;
        connectionBreaks.clear();
        links.forEach(link -> link.broken = null);
    }

    /** Whether something waits to be broken off. */
    boolean isArmed() {
        return nextBreak != null || !connectionBreaks.isEmpty();
    }

    /** Ends all connections that began with a text, and returns when the other side has seen it. */
    void hangUp(String hello) throws IOException, InterruptedException {
        List<Link> ending = links.stream()
                .filter(link -> String.valueOf(link.hello).contains(hello))
                .toList();
        for (Link link : ending) {
            if (!link.client.isClosed()) {
                link.client.shutdownOutput();
            }
        }
        for (Link link : ending) {
            link.leftByClient.await();
        }
    }

    /** How many bytes of answers have come on the connection whose answers were broken off last, those held back too. */
    int answered() {
        return lastBroken.answered.get();
    }

    /** How many of these came before the first command: the client says two things to log in. */
    int answeredToLogin() {
        return lastBroken.answeredToLogin;
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

    private void accept(ServerSocket door, int serverPort) {
        try {
            while (true) {
                Socket client = door.accept();
                Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort);
                for (Socket socket : new Socket[] {client, server}) {
                    socket.setTcpNoDelay(true);
                    sockets.add(socket);
                }
                Link link = new Link(client);
                Break fromNowOn = connectionBreaks.poll();
                if (fromNowOn != null) {
                    breakOff(link, fromNowOn);
                }
                links.add(link);
                start(() -> pump(client, server, link, true));
                start(() -> pump(server, client, link, false));
            }
        } catch (IOException ended) {
            end();
        }
    }

    private void pump(Socket from, Socket to, Link link, boolean watched) {
        try (from;
                to) {
            byte[] buffer = new byte[64 * 1024];
            Fault armed = null;
            for (int length = from.getInputStream().read(buffer);
                    length >= 0;
                    length = from.getInputStream().read(buffer)) {
                if (watched) {
                    heard(link, latin1(buffer, length));
                } else if (link.held) {
                    letGo.await();
                } else if (link.muted || mute) {
                    // What is missing in an answer will not come behind the next one.
                    link.muted = true;
                    continue;
                } else if (link.broken != null) {
                    if (breaksOff(link, to, buffer, length)) {
                        return;
                    }
                    continue;
                }
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
            if (watched) {
                links.remove(link);
                link.leftByClient.countDown();
            }
        }
    }

    private void heard(Link link, String sent) {
        if (link.hello == null) {
            link.hello = sent;
        }
        if (link.said.incrementAndGet() == LOGIN_MESSAGES + 1) {
            link.answeredToLogin = link.answered.get();
        }
        String hold = held;
        if (hold != null && sent.contains(hold)) {
            held = null;
            link.held = true;
        }
        Break next = nextBreak;
        if (next != null && next.statement().test(sent)) {
            nextBreak = null;
            breakOff(link, next);
        }
    }

    private void breakOff(Link link, Break next) {
        link.answered.set(0);
        link.broken = next;
        lastBroken = link;
    }

    /** Passes on what may be passed on; whether the connection is to be cut behind it. */
    private static boolean breaksOff(Link link, Socket to, byte[] buffer, int length) throws IOException {
        Break broken = java.util.Objects.requireNonNull(link.broken, "asked before");
        int left = Math.max(0, broken.bytes() - link.answered.getAndAdd(length));
        to.getOutputStream().write(buffer, 0, Math.min(left, length));
        return !broken.silent() && left <= length;
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
        for (ServerSocket door : doors.values()) {
            door.close();
        }
    }
}
