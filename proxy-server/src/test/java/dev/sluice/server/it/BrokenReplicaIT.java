package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.protocol.CommandType;
import dev.sluice.server.it.BrokenQuestion.Outcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A replica's answer breaks off after every single byte, by a cut or by silence, while another replica can answer. As long
 * as the client has nothing of it, it gets the answer of the other; unless the read belongs to a transaction.
 */
@Timeout(120)
class BrokenReplicaIT {
    private static final int CONNECTIONS = 4;
    /** Eight letters, which are a BIGINT, too. */
    private static final String MARKER = "broken*/";

    private static final long MARKER_AS_NUMBER = ByteBuffer.wrap(MARKER.getBytes(StandardCharsets.US_ASCII))
            .order(ByteOrder.LITTLE_ENDIAN)
            .getLong();

    private static final String READ = "SELECT /*broken*/ id, v FROM broken_replica.t ORDER BY id";
    private static final String EXECUTED = "SELECT v, id FROM broken_replica.t WHERE id <> ? ORDER BY id";
    private static final String CHECK = "SELECT v FROM broken_replica.t WHERE id = 1";

    private static FaultyRelay relay;
    private static TestProxy proxy;
    /** The id of the statement that is about to be executed. */
    private static int prepared;

    /** How a client reads. */
    enum Reading implements BrokenQuestion.Question {
        QUERY(Outcome.WHOLE) {
            @Override
            public void send(RawClient client) throws IOException {
                client.send(CommandType.COM_QUERY, READ.getBytes(StandardCharsets.US_ASCII));
            }
        },
        EXECUTION(Outcome.WHOLE) {
            @Override
            public void prepare(RawClient client) throws IOException {
                prepared = client.prepare(EXECUTED);
            }

            @Override
            public void send(RawClient client) throws IOException {
                client.sendExecute(prepared, MARKER_AS_NUMBER, false);
            }
        },
        TRANSACTION(Outcome.ERROR) {
            @Override
            public void prepare(RawClient client) throws IOException {
                assertThat(RawClient.first(
                                client.query("START TRANSACTION READ ONLY").get(0)))
                        .isZero();
                assertThat(client.value(CHECK)).isEqualTo("one");
            }

            @Override
            public void send(RawClient client) throws IOException {
                QUERY.send(client);
            }
        };

        private final Outcome atFirst;

        Reading(Outcome atFirst) {
            this.atFirst = atFirst;
        }

        @Override
        public void prepare(RawClient client) throws IOException {
            // A session of its own needs nothing.
        }
    }

    @BeforeAll
    static void start() throws Exception {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE DATABASE broken_replica",
                        "GRANT SELECT ON broken_replica.* TO 'native'@'%'",
                        "CREATE TABLE broken_replica.t (id INT PRIMARY KEY, v VARCHAR(10))",
                        "INSERT INTO broken_replica.t VALUES (1, 'one'), (2, NULL), (3, 'three')");
        Servers.mysql().awaitReplicated(TestProxy.SOON);
        relay = FaultyRelay.to(
                Servers.mysql().servers().get(1), Servers.mysql().servers().get(2));
        proxy = TestProxy.options()
                .eventLoops(1)
                .connections(CONNECTIONS)
                .behind(relay, false)
                .start(Servers.mysql());
        proxy.awaitCaughtUp();
    }

    @AfterAll
    static void stop() throws IOException {
        proxy.close();
        relay.close();
        Servers.mysql().primary().execute("DROP DATABASE broken_replica");
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    private static void assertServed() throws IOException {
        try (RawClient other = proxy.raw()) {
            assertThat(other.value(CHECK)).isEqualTo("one");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aReadThatIsCutIsAnsweredByTheOtherReplicaWhileNothingIsOut(Reading reading) throws IOException {
        BrokenQuestion question = new BrokenQuestion(proxy, relay, reading);
        int length = question.learn(bytes -> relay.cutAnswers(MARKER, bytes));
        Set<Outcome> seen = EnumSet.noneOf(Outcome.class);
        for (int bytes = 0; bytes < length; bytes++) {
            int at = bytes;
            String where = reading + " cut after byte " + bytes + " of " + length;
            Outcome outcome = question.ask(() -> relay.cutAnswers(MARKER, at), where);
            if (bytes < 4) {
                assertThat(outcome).as(where).isEqualTo(reading.atFirst);
            }
            seen.add(outcome);
            assertServed();
        }
        question.close();
        assertThat(seen).contains(reading.atFirst).isSubsetOf(reading.atFirst, Outcome.BEGINNING);
        BrokenQuestion.assertAllCanBeHad(proxy, CONNECTIONS, "START TRANSACTION READ ONLY", CHECK);
    }

    @ParameterizedTest
    @EnumSource
    void aReplicaThatFallsSilentWithinAnAnswerHarmsNobodyElse(Reading reading) throws IOException {
        BrokenQuestion question = new BrokenQuestion(proxy, relay, reading);
        int length = question.learn(bytes -> relay.cutAnswers(MARKER, bytes));
        for (int bytes = 0; bytes < length; bytes++) {
            int at = bytes;
            question.askAndLeave(
                    () -> relay.silenceAnswers(MARKER, at), reading + " silent after byte " + bytes + " of " + length);
            assertServed();
        }
        question.close();
        BrokenQuestion.assertAllCanBeHad(proxy, CONNECTIONS, "START TRANSACTION READ ONLY", CHECK);
    }

    /** Whoever goes away need not be told; whoever stays is, as soon as the replicas are found to say nothing to anybody. */
    @Test
    void aClientThatStaysIsServedOrToldWhenTheReplicasAreFoundSilent() throws IOException {
        List<BrokenQuestion> questions = new ArrayList<>();
        List<Outcome> expected = new ArrayList<>();
        try {
            for (Reading reading : Reading.values()) {
                for (int part = 0; part < 2; part++) {
                    BrokenQuestion question = new BrokenQuestion(proxy, relay, reading);
                    int length = question.learn(bytes -> relay.cutAnswers(MARKER, bytes));
                    int bytes = part * length / 2;
                    question.begin(() -> relay.silenceAnswers(MARKER, bytes));
                    await().pollInterval(Duration.ofMillis(1))
                            .atMost(TestProxy.SOON)
                            .until(() -> relay.answered() >= bytes);
                    questions.add(question);
                    expected.add(part == 0 ? reading.atFirst : Outcome.BEGINNING);
                }
            }
            relay.mute(true);
            List<Outcome> seen = new ArrayList<>();
            for (BrokenQuestion question : questions) {
                seen.add(question.answer("silent replicas"));
            }
            assertThat(seen).isEqualTo(expected);
            assertServed();
        } finally {
            relay.mute(false);
            for (BrokenQuestion question : questions) {
                question.close();
            }
        }
        proxy.awaitReplicas(2);
    }
}
