package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.CommandType;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The server's answer breaks off after every single byte, by a cut or by silence. The client gets the whole answer, an error
 * in its place, or the beginning of it and the end of the connection; never something else, and never a broken connection
 * for the next statement.
 */
@Timeout(180)
class BrokenAnswerIT {
    private static final int UNLIMITED = Integer.MAX_VALUE;

    private FaultyRelay relay;
    private TestProxy proxy;
    private RawClient client;

    /** What a client says, and how it goes on saying it. */
    enum Conversation {
        READ(false, "SELECT /* broken */ id, v FROM broken.t ORDER BY id"),
        READ_IN_TRANSACTION(true, "SELECT /* broken */ id, v FROM broken.t ORDER BY id"),
        WRITE(false, "UPDATE /* broken */ broken.t SET v = 'x' WHERE id = 0"),
        ERROR(false, "SELECT /* broken */ nothing FROM broken.t"),
        RESULTS(false, "SELECT /* broken */ 1; DO 2; SELECT v FROM broken.t"),
        SETTING(false, "SET /* broken */ SESSION time_zone = '+07:00'"),
        COMMIT(true, "COMMIT /* broken */");

        private final boolean transaction;
        private final String sql;

        Conversation(boolean transaction, String sql) {
            this.transaction = transaction;
            this.sql = sql;
        }
    }

    @BeforeEach
    void start() throws Exception {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE DATABASE IF NOT EXISTS broken",
                        "GRANT ALL ON broken.* TO 'native'@'%'",
                        "CREATE TABLE IF NOT EXISTS broken.t (id INT PRIMARY KEY, v VARCHAR(10))",
                        "REPLACE INTO broken.t VALUES (1, 'one'), (2, NULL), (3, 'three')");
        relay = FaultyRelay.to(Servers.mysql().primary());
        proxy = TestProxy.options()
                .servers(1)
                .eventLoops(1)
                .connections(4)
                .primaryAt(relay.address())
                .start(Servers.mysql());
        client = proxy.raw();
    }

    @AfterEach
    void stop() throws IOException {
        client.close();
        proxy.awaitQuiet();
        proxy.close();
        relay.close();
        Servers.mysql().primary().execute("DROP DATABASE broken");
    }

    private void send(Conversation conversation) throws IOException {
        if (conversation.transaction) {
            assertThat(client.value("SELECT 'before'")).isEqualTo("before");
            byte[] begun = client.ask(CommandType.COM_QUERY, "BEGIN".getBytes(StandardCharsets.US_ASCII));
            assertThat(RawClient.first(begun)).isZero();
            assertThat(client.value("SELECT 'inside'")).isEqualTo("inside");
        }
        client.send(CommandType.COM_QUERY, conversation.sql.getBytes(StandardCharsets.US_ASCII));
    }

    /** Ends what the conversation has left. */
    private void tidyUp() throws IOException {
        for (String sql : new String[] {"ROLLBACK", "SET time_zone = DEFAULT"}) {
            byte[] answer = client.ask(CommandType.COM_QUERY, sql.getBytes(StandardCharsets.US_ASCII));
            assertThat(
                            RawClient.first(answer) == RawClient.ERR
                                    ? client.err(answer).message()
                                    : "")
                    .as(sql)
                    .isEmpty();
        }
    }

    private void reconnect() throws IOException {
        client.close();
        client = proxy.raw();
    }

    /** An answer that nothing happens to: its packets, and how many bytes the server sent for it. */
    private record Answer(List<byte[]> packets, int length) {}

    private Answer whole(Conversation conversation) throws IOException {
        relay.cutAnswers("broken */", UNLIMITED);
        send(conversation);
        List<byte[]> packets = client.readResults();
        int length = relay.answered();
        tidyUp();
        reconnect();
        return new Answer(packets, length);
    }

    /** What arrives of an answer until the connection ends, or falls silent. */
    private List<byte[]> read(List<byte[]> expected) throws IOException {
        List<byte[]> packets = new ArrayList<>();
        try {
            while (packets.size() < expected.size()) {
                byte[] packet = client.read();
                packets.add(packet);
                if (RawClient.first(packet) == RawClient.ERR) {
                    break;
                }
            }
        } catch (EOFException | SocketException | SocketTimeoutException ended) {
            reconnect();
        }
        return packets;
    }

    private static boolean isBeginning(List<byte[]> packets, List<byte[]> expected) {
        for (int i = 0; i < packets.size(); i++) {
            if (!Arrays.equals(packets.get(i), expected.get(i))) {
                return false;
            }
        }
        return true;
    }

    @ParameterizedTest
    @EnumSource
    void aCutAtAnyByteIsSeenAsWhatItIs(Conversation conversation) throws IOException {
        Answer answer = whole(conversation);
        List<byte[]> expected = answer.packets();
        int length = answer.length();
        assertThat(length).isPositive();
        int[] seen = new int[3];
        for (int bytes = 0; bytes < length; bytes++) {
            relay.cutAnswers("broken */", bytes);
            send(conversation);
            List<byte[]> packets = read(expected);
            boolean whole = packets.size() == expected.size() && isBeginning(packets, expected);
            boolean error = packets.size() == 1
                    && RawClient.first(packets.get(0)) == RawClient.ERR
                    && client.err(packets.get(0)).message().contains("lost");
            assertThat(whole || error || isBeginning(packets, expected))
                    .as("%s cut after byte %d of %d", conversation, bytes, length)
                    .isTrue();
            seen[whole ? 0 : error ? 1 : 2]++;
            tidyUp();
            assertThat(client.value("SELECT v FROM broken.t WHERE id = 1")).isEqualTo("one");
        }
        // A read is repeated until something of its answer is out, and an error is no answer that could be half.
        boolean repeated = conversation == Conversation.READ || conversation == Conversation.ERROR;
        assertThat(seen[0] > 0).as("whole answers").isEqualTo(repeated);
        assertThat(seen[1] > 0).as("errors").isEqualTo(!repeated);
    }

    @ParameterizedTest
    @EnumSource
    void silenceFromAnyByteOnHarmsNobodyElse(Conversation conversation) throws IOException {
        Answer answer = whole(conversation);
        List<byte[]> expected = answer.packets();
        int length = answer.length();
        for (int bytes = 0; bytes < length; bytes++) {
            relay.silenceAnswers("broken */", bytes);
            send(conversation);
            client.timeout(20);
            List<byte[]> packets = read(expected);
            assertThat(isBeginning(packets, expected))
                    .as("%s silent after byte %d of %d", conversation, bytes, length)
                    .isTrue();
            reconnect();
            assertThat(client.value("SELECT v FROM broken.t WHERE id = 1")).isEqualTo("one");
        }
        client.close();
        // All that the silent ones had are given back: as many can be had as at first.
        List<RawClient> others = new ArrayList<>();
        try {
            for (int i = 0; i < 4; i++) {
                RawClient other = proxy.raw();
                others.add(other);
                assertThat(RawClient.first(
                                other.ask(CommandType.COM_QUERY, "BEGIN".getBytes(StandardCharsets.US_ASCII))))
                        .isZero();
                assertThat(other.value("SELECT 1")).isEqualTo("1");
            }
        } finally {
            for (RawClient other : others) {
                other.close();
            }
        }
    }
}
