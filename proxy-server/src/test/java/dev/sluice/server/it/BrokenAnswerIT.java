package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.CommandType;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The server's answer breaks off after every single byte, by a cut or by silence. The client gets the whole answer, an error
 * in its place, or the beginning of it and the end of the connection; never something else, and never a broken connection
 * for the next statement. Some answers break off at every third byte only; {@code -Dsluice.cuts.every=1} takes every one.
 */
@Timeout(180)
class BrokenAnswerIT {
    private static final int UNLIMITED = Integer.MAX_VALUE;
    private static final int WHOLE = 1;
    private static final int ERROR_SEEN = 2;

    /** Eight letters, which are a BIGINT, too. */
    private static final String MARKER = "broken*/";

    private static final long MARKER_AS_NUMBER = ByteBuffer.wrap(MARKER.getBytes(StandardCharsets.US_ASCII))
            .order(ByteOrder.LITTLE_ENDIAN)
            .getLong();
    private static final String STATE_ZONE = "+07:07";
    private static final int FETCHED = 2;
    private static final int SHORT_ANSWERS = 100;
    /** So long a reset may take, too. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final int EVERY = Integer.getInteger("sluice.cuts.every", 3);
    private static final String CHECK = "SELECT v FROM broken.t WHERE id = 1";
    /** COM_RESET_CONNECTION with its header. */
    private static final String RESETTING = "\u0001\u0000\u0000\u0000\u001f";

    private FaultyRelay relay;
    private TestProxy proxy;
    private RawClient client;
    /** Whose statement is killed. */
    private @Nullable RawClient victim;

    /** What a client says, and what becomes of it when the answer breaks off at some byte or other. */
    enum Conversation {
        READ(WHOLE, "SELECT /*broken*/ id, v FROM broken.t ORDER BY id"),
        READ_IN_TRANSACTION(ERROR_SEEN, "SELECT /*broken*/ id, v FROM broken.t ORDER BY id"),
        WRITE(ERROR_SEEN, "UPDATE /*broken*/ broken.t SET v = 'x' WHERE id = 0"),
        ERROR(WHOLE, "SELECT /*broken*/ nothing FROM broken.t"),
        RESULTS(ERROR_SEEN, "SELECT /*broken*/ 1; DO 2; SELECT v FROM broken.t"),
        SETTING(ERROR_SEEN, "SET /*broken*/ SESSION time_zone = '+07:00'"),
        COMMIT(ERROR_SEEN, "COMMIT /*broken*/"),
        SCHEMA(ERROR_SEEN, "broken"),
        PREPARE(WHOLE, "SELECT /*broken*/ v, id FROM broken.t WHERE id > ?"),
        EXECUTE(WHOLE, "SELECT v, id FROM broken.t WHERE id <> ? ORDER BY id"),
        EXECUTE_A_WRITE(ERROR_SEEN, "UPDATE broken.t SET v = 'x' WHERE id = ?"),
        /** Opens a cursor and fetches from it: the first is repeated, the second cannot be. */
        CURSOR(WHOLE | ERROR_SEEN, "SELECT v, id FROM broken.t WHERE id <> ? ORDER BY id"),
        /** The server asks for the client's file, and says in the end what it has read: neither is repeated. */
        LOAD(ERROR_SEEN, "LOAD DATA LOCAL INFILE 'broken*/' INTO TABLE broken.loaded"),
        CALL(ERROR_SEEN, "CALL /*broken*/ broken.p()"),
        FIELD_LIST(ERROR_SEEN, "fields\0"),
        /** Ends a transaction; the client is not kept waiting for the connection, which is reset behind its back. */
        RESET(WHOLE, ""),
        /** The order is given again until the server has confirmed it. */
        KILL(WHOLE, "KILL QUERY "),
        /** The answers to what brings the session's state to the connection. */
        STATE(WHOLE, "SELECT id FROM broken.t ORDER BY id");

        private final int outcomes;
        private final String sql;

        Conversation(int outcomes, String sql) {
            this.outcomes = outcomes;
            this.sql = sql;
        }

        private boolean isInTransaction() {
            return this == READ_IN_TRANSACTION || this == COMMIT;
        }

        /** Whether the client says a second thing before it has the whole answer. */
        private boolean isContinued() {
            return this == CURSOR || this == LOAD;
        }

        private boolean isExecuted() {
            return this == EXECUTE || this == EXECUTE_A_WRITE || this == CURSOR;
        }

        /** What the relay recognises it by. */
        private String marker() {
            return switch (this) {
                case STATE -> STATE_ZONE;
                case SCHEMA -> "broken";
                case FIELD_LIST, KILL -> sql;
                case RESET -> RESETTING;
                default -> MARKER;
            };
        }

        private int step() {
            return this == CALL || this == FIELD_LIST || this == RESET ? EVERY : 1;
        }

        /** Nobody goes away whose connection is reset, or who has ordered to kill: that ends by a deadline. */
        private int silentStep(int length) {
            return this == KILL || this == RESET ? length / 3 + 1 : step();
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
                        "CREATE TABLE IF NOT EXISTS broken.loaded (id INT)",
                        "CREATE TABLE IF NOT EXISTS broken.fields (id INT, v VARCHAR(10))",
                        "CREATE PROCEDURE IF NOT EXISTS broken.p() BEGIN SELECT v FROM broken.t; SELECT 2; DO 3; END",
                        "SET GLOBAL local_infile = 1",
                        "REPLACE INTO broken.t VALUES (1, 'one'), (2, NULL), (3, 'three')");
        relay = FaultyRelay.to(Servers.mysql().primary());
        proxy = TestProxy.options()
                .servers(1)
                .eventLoops(1)
                .connections(4)
                .acquireTimeout(PATIENCE)
                .primaryAt(relay.address())
                .start(Servers.mysql());
        client = connect();
    }

    private RawClient connect() throws IOException {
        return RawClient.connectWith(proxy.port(), Capabilities.CLIENT_LOCAL_FILES);
    }

    @AfterEach
    void stop() throws IOException {
        client.close();
        closeVictim();
        proxy.awaitQuiet();
        proxy.close();
        relay.close();
        Servers.mysql().primary().execute("SET GLOBAL local_infile = 0", "DROP DATABASE broken");
    }

    /** What happens before the answers break off. Returns the id of the statement that was prepared, or 0. */
    private int begin(Conversation conversation) throws IOException {
        if (conversation.isInTransaction()) {
            assertThat(client.value("SELECT 'before'")).isEqualTo("before");
            byte[] begun = client.ask(CommandType.COM_QUERY, "BEGIN".getBytes(StandardCharsets.US_ASCII));
            assertThat(RawClient.first(begun)).isZero();
            assertThat(client.value("SELECT 'inside'")).isEqualTo("inside");
        }
        if (conversation == Conversation.STATE) {
            assertThat(RawClient.first(
                            client.query("SET time_zone = '" + STATE_ZONE + "'").get(0)))
                    .isZero();
            // The connection that the session had serves another session in between, in the state of that.
            try (RawClient other = connect()) {
                assertThat(other.value(CHECK)).isEqualTo("one");
            }
        }
        if (conversation == Conversation.FIELD_LIST) {
            client.query("USE broken");
        }
        if (conversation == Conversation.RESET) {
            client.query("BEGIN");
            assertThat(client.value(CHECK + " FOR UPDATE")).isEqualTo("one");
        }
        if (conversation == Conversation.KILL) {
            return beginVictim();
        }
        return conversation.isExecuted() ? client.prepare(conversation.sql) : 0;
    }

    private void closeVictim() throws IOException {
        RawClient killed = victim;
        if (killed != null) {
            killed.close();
        }
    }

    /** Returns the id of the connection whose statement is under way. */
    private int beginVictim() throws IOException {
        closeVictim();
        RawClient other = connect();
        victim = other;
        int id = Integer.parseInt(other.value("SELECT CONNECTION_ID()"));
        other.send(CommandType.COM_QUERY, ("SELECT " + id + ", SLEEP(5)").getBytes(StandardCharsets.US_ASCII));
        await().atMost(TestProxy.SOON)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> Servers.mysql()
                        .primary()
                        .queryValue("SELECT COUNT(*) FROM information_schema.processlist WHERE info = 'SELECT " + id
                                + ", SLEEP(5)'")
                        .equals("1"));
        return id;
    }

    private void send(Conversation conversation, int id) throws IOException {
        switch (conversation) {
            case EXECUTE, EXECUTE_A_WRITE -> client.sendExecute(id, MARKER_AS_NUMBER, false);
            case CURSOR -> client.sendExecute(id, MARKER_AS_NUMBER, true);
            case RESET -> client.send(CommandType.COM_RESET_CONNECTION, new byte[0]);
            case KILL ->
                client.send(CommandType.COM_QUERY, (conversation.sql + id).getBytes(StandardCharsets.US_ASCII));
            default -> {
                CommandType type = switch (conversation) {
                    case FIELD_LIST -> CommandType.COM_FIELD_LIST;
                    case SCHEMA -> CommandType.COM_INIT_DB;
                    case PREPARE -> CommandType.COM_STMT_PREPARE;
                    default -> CommandType.COM_QUERY;
                };
                client.send(type, conversation.sql.getBytes(StandardCharsets.US_ASCII));
            }
        }
    }

    private void sendMore(Conversation conversation, int id) throws IOException {
        if (conversation == Conversation.LOAD) {
            client.sendFile("1\n2\n".getBytes(StandardCharsets.US_ASCII));
            return;
        }
        byte[] arguments = Arrays.copyOf(RawClient.int4(id), 8);
        arguments[4] = FETCHED;
        client.send(CommandType.COM_STMT_FETCH, arguments);
    }

    /** The id of a statement is another each time. */
    private static byte[] withoutId(Conversation conversation, byte[] packet, int number) {
        if (conversation == Conversation.PREPARE && number == 0 && RawClient.first(packet) == RawClient.OK) {
            Arrays.fill(packet, 1, 5, (byte) 0);
        }
        return packet;
    }

    /** Ends what the conversation has left. */
    private void tidyUp() throws IOException {
        closeVictim();
        for (String sql : new String[] {"ROLLBACK", "SET time_zone = DEFAULT", "USE information_schema"}) {
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
        client = connect();
    }

    /**
     * Answers that nothing happens to.
     *
     * @param packets those of all answers
     * @param first how many of them answer the first command
     * @param length how many bytes the server sent for them
     */
    private record Answer(List<byte[]> packets, int first, int length) {}

    private Answer whole(Conversation conversation) throws IOException {
        int id = begin(conversation);
        relay.cutAnswers(conversation.marker(), UNLIMITED);
        send(conversation, id);
        List<byte[]> packets = new ArrayList<>();
        switch (conversation) {
            case PREPARE -> packets.addAll(client.readPrepared());
            case LOAD -> packets.add(client.read());
            case FIELD_LIST -> assertThat(client.readRows(packets)).isNotZero();
            default -> packets.addAll(client.readResults());
        }
        withoutId(conversation, packets.get(0), 0);
        int first = packets.size();
        if (conversation.isContinued()) {
            sendMore(conversation, id);
        }
        if (conversation == Conversation.CURSOR) {
            int status = client.readRows(packets);
            assertThat(packets).hasSize(first + FETCHED + 1);
            assertThat(status).isNotZero();
        } else if (conversation == Conversation.RESET) {
            // The second answer has a list of variables, and more bytes than an OK without.
            await().atMost(TestProxy.SOON)
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> relay.answered() > SHORT_ANSWERS);
        } else if (conversation == Conversation.LOAD) {
            packets.add(client.read());
            assertThat(client.ok(packets.get(1)).affectedRows()).isEqualTo(2);
        }
        int length = relay.answered();
        tidyUp();
        reconnect();
        return new Answer(packets, first, length);
    }

    /** What arrives of the answers until the connection ends. */
    private List<byte[]> play(Conversation conversation, int id, Answer expected) throws IOException {
        List<byte[]> packets = new ArrayList<>();
        try {
            send(conversation, id);
            boolean error = false;
            while (!error && packets.size() < expected.packets().size()) {
                if (packets.size() == expected.first()) {
                    sendMore(conversation, id);
                }
                byte[] packet = client.read();
                packets.add(withoutId(conversation, packet, packets.size()));
                error = RawClient.first(packet) == RawClient.ERR;
            }
        } catch (EOFException | SocketException ended) {
            reconnect();
        }
        return packets;
    }

    /** The same until nothing comes any more. */
    private List<byte[]> playUntilSilent(Conversation conversation, int id, Answer expected) throws IOException {
        List<byte[]> packets = new ArrayList<>();
        try {
            packets.addAll(play(conversation, id, expected));
        } catch (SocketTimeoutException silent) {
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

    private boolean isLoss(byte[] packet) {
        return RawClient.first(packet) == RawClient.ERR
                && client.err(packet).message().contains("lost");
    }

    private String told(List<byte[]> packets) {
        byte[] last = packets.isEmpty() ? new byte[] {0} : packets.get(packets.size() - 1);
        return RawClient.first(last) == RawClient.ERR ? client.err(last).message() : packets.size() + " packets";
    }

    @ParameterizedTest
    @EnumSource
    void aCutAtAnyByteIsSeenAsWhatItIs(Conversation conversation) throws IOException {
        Answer answer = whole(conversation);
        List<byte[]> expected = answer.packets();
        int length = answer.length();
        assertThat(length).isPositive();
        int seen = 0;
        for (int bytes = 0; bytes < length; bytes += conversation.step()) {
            int id = begin(conversation);
            relay.cutAnswers(conversation.marker(), bytes);
            List<byte[]> packets = play(conversation, id, answer);
            boolean whole = packets.size() == expected.size() && isBeginning(packets, expected);
            // An error comes in front of an answer, not within one.
            boolean error = (packets.size() == 1 || packets.size() == answer.first() + 1)
                    && isLoss(packets.get(packets.size() - 1))
                    && isBeginning(packets.subList(0, packets.size() - 1), expected);
            assertThat(whole || error || isBeginning(packets, expected))
                    .as("%s cut after byte %d of %d: %s", conversation, bytes, length, told(packets))
                    .isTrue();
            seen |= whole ? WHOLE : error ? ERROR_SEEN : 0;
            tidyUp();
            assertThat(client.value(CHECK)).isEqualTo("one");
        }
        // A read is repeated until something of its answer is out, and an error is no answer that could be half.
        assertThat(seen).isEqualTo(conversation.outcomes);
    }

    @ParameterizedTest
    @EnumSource
    void silenceFromAnyByteOnHarmsNobodyElse(Conversation conversation) throws IOException {
        Answer answer = whole(conversation);
        int length = answer.length();
        for (int bytes = 0; bytes < length; bytes += conversation.silentStep(length)) {
            int id = begin(conversation);
            relay.silenceAnswers(conversation.marker(), bytes);
            client.timeout(20);
            List<byte[]> packets = playUntilSilent(conversation, id, answer);
            assertThat(isBeginning(packets, answer.packets()))
                    .as("%s silent after byte %d of %d", conversation, bytes, length)
                    .isTrue();
            reconnect();
            assertThat(client.value(CHECK)).isEqualTo("one");
        }
        client.close();
        // All that the silent ones had are given back: as many can be had as at first.
        List<RawClient> others = new ArrayList<>();
        try {
            for (int i = 0; i < 4; i++) {
                RawClient other = connect();
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
