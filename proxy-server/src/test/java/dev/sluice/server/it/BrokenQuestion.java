package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * A question that is asked over and over while its answer breaks off somewhere, and what a client may see of it: all of it,
 * an error in its place, or its beginning and the end of the connection. Confined to the thread of the test.
 */
final class BrokenQuestion {
    /** Long enough for an answer, where none is to come. */
    private static final int SILENCE_MILLIS = 20;

    private static final int LEARNED_FROM = 3;

    private final TestProxy proxy;
    private final FaultyRelay relay;
    private final Question question;
    private RawClient client;
    private List<byte[]> expected = List.of();

    /** What is asked. */
    interface Question {
        /** Does what comes before it, with answers that do not break off. */
        void prepare(RawClient client) throws IOException;

        void send(RawClient client) throws IOException;
    }

    /** What has become of an answer. */
    enum Outcome {
        WHOLE,
        ERROR,
        BEGINNING
    }

    BrokenQuestion(TestProxy proxy, FaultyRelay relay, Question question) throws IOException {
        this.proxy = proxy;
        this.relay = relay;
        this.question = question;
        this.client = proxy.raw();
    }

    /** Asks while nothing breaks off: how many bytes the answer has, at least. */
    int learn(Consumer<Integer> breakOff) throws IOException {
        int length = Integer.MAX_VALUE;
        for (int i = 0; i < LEARNED_FROM; i++) {
            question.prepare(client);
            breakOff.accept(Integer.MAX_VALUE);
            question.send(client);
            expected = client.readResults();
            assertThat(relay.isArmed()).as("the relay has seen it").isFalse();
            // What brings a connection into the session's state is answered in front of it, where that is needed.
            length = Math.min(length, relay.answered());
            relay.heal();
            reconnect();
        }
        assertThat(length).isPositive();
        return length;
    }

    private void reconnect() throws IOException {
        client.close();
        client = proxy.raw();
    }

    /** Asks once. The connection must end if the answer does, which is waited for. */
    Outcome ask(Runnable breakOff, String where) throws IOException {
        question.prepare(client);
        breakOff.run();
        question.send(client);
        return answer(where);
    }

    /** Asks, and returns when the relay has seen it. */
    void begin(Runnable breakOff) throws IOException {
        question.prepare(client);
        breakOff.run();
        question.send(client);
        awaitSeen();
    }

    private void awaitSeen() {
        await().pollInterval(Duration.ofMillis(1)).atMost(TestProxy.SOON).until(() -> !relay.isArmed());
    }

    /** What becomes of it for a client that stays. The connection must end if the answer does. */
    Outcome answer(String where) throws IOException {
        List<byte[]> arrived = new ArrayList<>();
        boolean ended = !read(arrived);
        Outcome outcome = judge(arrived, where);
        assertThat(ended).as(where + ": the connection ends with the answer").isEqualTo(outcome == Outcome.BEGINNING);
        assertThat(relay.isArmed()).as(where + ": the relay has seen it").isFalse();
        relay.heal();
        reconnect();
        return outcome;
    }

    /** Asks once and goes away when nothing more comes. */
    void askAndLeave(Runnable fallSilent, String where) throws IOException {
        begin(fallSilent);
        client.timeout(SILENCE_MILLIS);
        List<byte[]> arrived = new ArrayList<>();
        try {
            boolean whole = read(arrived);
            Outcome outcome = judge(arrived, where);
            assertThat(outcome == Outcome.BEGINNING).as(where).isNotEqualTo(whole);
        } catch (SocketTimeoutException silent) {
            assertThat(judge(arrived, where)).as(where).isEqualTo(Outcome.BEGINNING);
        }
        reconnect();
    }

    /** Reads what comes; false if the connection ends before the answer does. */
    private boolean read(List<byte[]> arrived) throws IOException {
        try {
            while (arrived.size() < expected.size()) {
                byte[] packet = client.read();
                arrived.add(packet);
                if (RawClient.first(packet) == RawClient.ERR) {
                    return true;
                }
            }
            return true;
        } catch (EOFException | SocketException closed) {
            return false;
        }
    }

    private Outcome judge(List<byte[]> arrived, String where) {
        if (arrived.size() == 1 && RawClient.first(arrived.get(0)) == RawClient.ERR) {
            assertThat(client.err(arrived.get(0)).message()).as(where).contains("lost");
            return Outcome.ERROR;
        }
        for (int i = 0; i < arrived.size(); i++) {
            assertThat(Arrays.equals(arrived.get(i), expected.get(i)))
                    .as("%s: packet %d of %d", where, i, expected.size())
                    .isTrue();
        }
        return arrived.size() == expected.size() ? Outcome.WHOLE : Outcome.BEGINNING;
    }

    void close() throws IOException {
        client.close();
    }

    /** So many sessions can have a connection each at the same time: none is held by one that has broken. */
    static void assertAllCanBeHad(TestProxy proxy, int connections, String begin, String read) throws IOException {
        List<RawClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < connections; i++) {
                RawClient next = proxy.raw();
                clients.add(next);
                assertThat(RawClient.first(next.query(begin).get(0))).isZero();
                assertThat(next.value(read)).isEqualTo("one");
            }
        } finally {
            for (RawClient each : clients) {
                each.close();
            }
        }
    }
}
