package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.CommandType;
import dev.sluice.server.it.BrokenQuestion.Outcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * An encrypted answer breaks off within its TLS records, by a cut or by silence: at every seventh byte, of long ones at
 * fewer; {@code -Dsluice.cuts.every=1} takes every byte of the short ones and every ninth of the longest. Nothing of a
 * record counts that is not all there.
 */
@Timeout(600)
class BrokenTlsIT {
    private static final int CONNECTIONS = 4;
    private static final int EVERY = Integer.getInteger("sluice.cuts.every", 7);
    /** Each cut costs a connection and its handshake: the longest answer, of 36,000 bytes, is not cut at all of them. */
    private static final int CUTS_MAX = EVERY == 1 ? 4_000 : 60;
    /** What a statement is recognised by that nobody can read. */
    private static final int LONG = 3000;

    private static final String PADDING = "/*" + "x".repeat(LONG) + "*/ ";
    private static final String CHECK = "SELECT v FROM broken_tls.t WHERE id = 1";

    private static FaultyRelay relay;
    private static TestProxy proxy;

    /** What a client says, and what becomes of it while nothing of the answer is out. */
    enum Statement implements BrokenQuestion.Question {
        READ(Outcome.WHOLE, "SELECT " + PADDING + "id, v FROM broken_tls.t ORDER BY id"),
        WRITE(Outcome.ERROR, "UPDATE " + PADDING + "broken_tls.t SET v = 'x' WHERE id = 0"),
        /** More than the server puts into one record. */
        LONG_READ(Outcome.WHOLE, "SELECT " + PADDING + "id, REPEAT('y', 12000) FROM broken_tls.t ORDER BY id");

        private final Outcome atFirst;
        private final String sql;

        Statement(Outcome atFirst, String sql) {
            this.atFirst = atFirst;
            this.sql = sql;
        }

        @Override
        public void prepare(RawClient client) throws IOException {
            // A connection that has been used has no tickets of the TLS handshake on their way any more.
            assertThat(client.value(CHECK)).isEqualTo("one");
        }

        @Override
        public void send(RawClient client) throws IOException {
            client.send(CommandType.COM_QUERY, sql.getBytes(StandardCharsets.US_ASCII));
        }
    }

    @BeforeAll
    static void start() throws Exception {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE DATABASE broken_tls",
                        "GRANT ALL ON broken_tls.* TO 'native'@'%'",
                        "CREATE TABLE broken_tls.t (id INT PRIMARY KEY, v VARCHAR(10))",
                        "INSERT INTO broken_tls.t VALUES (1, 'one'), (2, NULL), (3, 'three')");
        relay = FaultyRelay.to(Servers.mysql().primary());
        proxy = TestProxy.options()
                .servers(1)
                .eventLoops(1)
                .connections(CONNECTIONS)
                .behind(relay, true)
                .start(Servers.mysql());
        try (RawClient client = proxy.raw()) {
            String cipher = TextRow.columns(TextRow.rows(client.query("SHOW SESSION STATUS LIKE 'Ssl_cipher'"))
                            .get(0))
                    .get(1);
            assertThat(cipher).isNotEmpty();
        }
    }

    @AfterAll
    static void stop() throws IOException {
        proxy.close();
        relay.close();
        Servers.mysql().primary().execute("DROP DATABASE broken_tls");
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    private static int step(int length) {
        return Math.max(EVERY, length / CUTS_MAX);
    }

    private static void assertServed() throws IOException {
        try (RawClient other = proxy.raw()) {
            assertThat(other.value(CHECK)).isEqualTo("one");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aCutWithinARecordIsACutInFrontOfIt(Statement statement) throws IOException {
        BrokenQuestion question = new BrokenQuestion(proxy, relay, statement);
        int length = question.learn(bytes -> relay.breakAnswersToLong(LONG, bytes, false));
        Set<Outcome> seen = EnumSet.noneOf(Outcome.class);
        for (int bytes = 0; bytes < length; bytes += step(length)) {
            int at = bytes;
            String where = statement + " cut after byte " + bytes + " of " + length;
            Outcome outcome = question.ask(() -> relay.breakAnswersToLong(LONG, at, false), where);
            seen.add(outcome);
            assertServed();
        }
        question.close();
        assertThat(seen).contains(statement.atFirst).isSubsetOf(statement.atFirst, Outcome.BEGINNING);
        assertThat(seen.contains(Outcome.BEGINNING)).isEqualTo(statement == Statement.LONG_READ);
        BrokenQuestion.assertAllCanBeHad(proxy, CONNECTIONS, "BEGIN", CHECK);
    }

    @ParameterizedTest
    @EnumSource
    void silenceWithinARecordHarmsNobodyElse(Statement statement) throws IOException {
        BrokenQuestion question = new BrokenQuestion(proxy, relay, statement);
        int length = question.learn(bytes -> relay.breakAnswersToLong(LONG, bytes, false));
        for (int bytes = 0; bytes < length; bytes += step(length)) {
            int at = bytes;
            question.askAndLeave(
                    () -> relay.breakAnswersToLong(LONG, at, true),
                    statement + " silent after byte " + bytes + " of " + length);
            assertServed();
        }
        question.close();
        BrokenQuestion.assertAllCanBeHad(proxy, CONNECTIONS, "BEGIN", CHECK);
    }
}
