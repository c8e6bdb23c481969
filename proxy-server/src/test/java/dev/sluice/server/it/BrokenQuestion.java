package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A question that is asked over and over while its answer breaks off somewhere, and what a client may see of it: all of it,
 * an error in its place, or its beginning and the end of the connection. Confined to the thread of the test.
 */
final class BrokenQuestion {
    /** Long enough for an answer, where none is to come. */
    private static final int SILENCE_MILLIS = 20;

    private final TestProxy proxy;
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

    BrokenQuestion(TestProxy proxy, Question question) throws IOException {
        this.proxy = proxy;
        this.question = question;
        this.client = proxy.raw();
    }

    /** Asks while nothing breaks off, to know the answer; {@code arm} is called right before. */
    void learn(Runnable arm) throws IOException {
        question.prepare(client);
        arm.run();
        question.send(client);
        expected = client.readResults();
        reconnect();
    }

    private void reconnect() throws IOException {
        client.close();
        client = proxy.raw();
    }

    /** Asks once. The connection must end if the answer does, which is waited for. */
    Outcome ask(Runnable arm, String where) throws IOException {
        question.prepare(client);
        arm.run();
        List<byte[]> arrived = new ArrayList<>();
        boolean ended = !readTo(arrived);
        Outcome outcome = judge(arrived, where);
        assertThat(ended).as(where + ": the connection ends with the answer").isEqualTo(outcome == Outcome.BEGINNING);
        reconnect();
        return outcome;
    }

    /** Asks once and goes away when nothing more comes. */
    void askAndLeave(Runnable arm, String where) throws IOException {
        question.prepare(client);
        arm.run();
        client.timeout(SILENCE_MILLIS);
        List<byte[]> arrived = new ArrayList<>();
        try {
            boolean ended = !readTo(arrived);
            assertThat(ended && judge(arrived, where) != Outcome.BEGINNING).isFalse();
        } catch (SocketTimeoutException silent) {
            assertThat(judge(arrived, where)).as(where).isEqualTo(Outcome.BEGINNING);
        }
        reconnect();
    }

    /** Reads what comes; false if the connection ends before the answer does. */
    private boolean readTo(List<byte[]> arrived) throws IOException {
        try {
            question.send(client);
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
