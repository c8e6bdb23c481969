package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.localcluster.Accounts;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A connection to a server breaks off while Sluice logs in on it, after every single byte from the greeting on, by a cut or
 * by silence: for a client's own login, for COM_CHANGE_USER, and for a statement that needs a connection. The client is let
 * in or served all the same, or it is told why not. {@code -Dsluice.cuts.every=1} breaks all of them off at every byte.
 */
@Timeout(120)
class BrokenLoginIT {
    private static final int CONNECTIONS = 100;
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    /** What the three have in common is cut at every byte for one of them, and at fewer for the others. */
    private static final int EVERY = Integer.getInteger("sluice.cuts.every", 7);
    /** Silence is tried at so many bytes fewer at a time, so that there are connections enough. */
    private static final int SILENT_EVERY = 7;

    private static final String SCHEMA = "broken_login";
    private static final String CHECK = "SELECT v FROM broken_login.t WHERE id = 1";

    private static FaultyRelay relay;
    private static TestProxy proxy;

    /** What needs a new connection to a server. */
    enum Need {
        /** The server says whether the client gets in. */
        LOGIN(Outcome.TOLD, 1),
        CHANGE_USER(Outcome.TOLD, EVERY),
        /** Nothing has been sent yet: another connection does as well. */
        STATEMENT(Outcome.SERVED, EVERY);

        private final Outcome whenCut;
        private final int step;

        Need(Outcome whenCut, int step) {
            this.whenCut = whenCut;
            this.step = step;
        }
    }

    /** What has become of it. */
    private enum Outcome {
        SERVED,
        TOLD,
        ENDED
    }

    @BeforeAll
    static void start() throws Exception {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE DATABASE broken_login",
                        "GRANT ALL ON broken_login.* TO 'native'@'%'",
                        "CREATE TABLE broken_login.t (id INT PRIMARY KEY, v VARCHAR(10))",
                        "INSERT INTO broken_login.t VALUES (1, 'one')");
        relay = FaultyRelay.to(Servers.mysql().primary());
        // Every login is proved by a connection of its own.
        proxy = TestProxy.options()
                .servers(1)
                .eventLoops(1)
                .connections(CONNECTIONS)
                .proofAge(Duration.ZERO)
                .primaryTimeout(PATIENCE)
                .behind(relay, false)
                .start(Servers.mysql());
    }

    @AfterAll
    static void stop() throws IOException {
        proxy.close();
        relay.close();
        Servers.mysql().primary().execute("DROP DATABASE broken_login");
    }

    @AfterEach
    void quiet() throws IOException {
        relay.heal();
        proxy.awaitQuiet();
    }

    /** A client for whom everything is whole so far, and no connection that nobody uses. */
    private static RawClient begin(Need need) throws IOException, InterruptedException {
        RawClient client = need == Need.LOGIN ? RawClient.open(proxy.port()) : proxy.raw();
        relay.hangUp(Accounts.NATIVE_USER);
        return client;
    }

    private static Outcome go(Need need, RawClient client) throws IOException {
        try {
            byte[] answer = switch (need) {
                case LOGIN -> client.tryLogin();
                case CHANGE_USER ->
                    UserChangeRequest.ask(client, Accounts.NATIVE_USER, Accounts.NATIVE_PASSWORD, SCHEMA);
                case STATEMENT -> client.query(CHECK).get(0);
            };
            if (RawClient.first(answer) == RawClient.ERR) {
                assertThat(client.err(answer).sqlState()).isEqualTo("08S01");
                return Outcome.TOLD;
            }
            return Outcome.SERVED;
        } catch (EOFException | SocketException ended) {
            return Outcome.ENDED;
        }
    }

    /** How many bytes the server sends until there is something to serve the client with. */
    private static int lengthOfLogin(Need need) throws IOException, InterruptedException {
        try (RawClient client = begin(need)) {
            relay.breakConnection(Integer.MAX_VALUE, false);
            assertThat(go(need, client)).isEqualTo(Outcome.SERVED);
            assertThat(relay.isArmed()).as("a connection was needed").isFalse();
            // A login includes the question about the schema; a statement itself may take its time.
            int length = need == Need.STATEMENT ? relay.answeredToLogin() : relay.answered();
            relay.heal();
            return length;
        }
    }

    /** The longest of some: it may be the monitor that comes first, which says other things. */
    private static int lengthOfLogins(Need need) throws IOException, InterruptedException {
        int length = 0;
        for (int i = 0; i < 3; i++) {
            length = Math.max(length, lengthOfLogin(need));
        }
        assertThat(length).isPositive();
        return length;
    }

    private static void assertServed() throws IOException {
        try (RawClient other = proxy.raw()) {
            assertThat(other.value(CHECK)).isEqualTo("one");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aLoginThatIsCutIsToldOrBegunAnew(Need need) throws Exception {
        int length = lengthOfLogins(need);
        Set<Outcome> seen = EnumSet.noneOf(Outcome.class);
        for (int bytes = 0; bytes < length; bytes += need.step) {
            String where = need + " cut after byte " + bytes + " of " + length;
            try (RawClient client = begin(need)) {
                relay.breakConnection(bytes, false);
                Outcome outcome = go(need, client);
                assertThat(relay.isArmed())
                        .as(where + ": a connection was needed")
                        .isFalse();
                relay.heal();
                assertThat(outcome).as(where).isNotEqualTo(Outcome.ENDED);
                seen.add(outcome);
                if (outcome == Outcome.SERVED) {
                    assertThat(client.value(CHECK)).as(where).isEqualTo("one");
                }
            }
            assertServed();
        }
        // Now and then it is the monitor that comes first and meets the fault.
        assertThat(seen).contains(need.whenCut);
        BrokenQuestion.assertAllCanBeHad(proxy, CONNECTIONS, "BEGIN", CHECK);
    }

    /** All at the same time, because each silence lasts until the login is given up. */
    @ParameterizedTest
    @EnumSource
    void aLoginThatIsNeverAnsweredIsToldOrBegunAnew(Need need) throws Exception {
        int length = lengthOfLogins(need);
        for (int first = 0; first < SILENT_EVERY; first += EVERY) {
            fallSilent(need, first, length);
        }
        // All that the silent ones had are given back.
        BrokenQuestion.assertAllCanBeHad(proxy, CONNECTIONS, "BEGIN", CHECK);
    }

    /** @param first the number of bytes that come in the first login; in each one more so many as are tried at a time */
    private void fallSilent(Need need, int first, int length) throws Exception {
        List<RawClient> clients = new ArrayList<>();
        for (int bytes = first; bytes < length; bytes += SILENT_EVERY) {
            clients.add(begin(need));
        }
        for (int i = 0; i < clients.size(); i++) {
            relay.breakConnection(first + i * SILENT_EVERY, true);
        }
        ExecutorService threads = Executors.newFixedThreadPool(clients.size());
        try {
            List<Future<Outcome>> outcomes = new ArrayList<>();
            for (RawClient client : clients) {
                outcomes.add(threads.submit(() -> go(need, client)));
            }
            for (int i = 0; i < outcomes.size(); i++) {
                assertThat(outcomes.get(i).get())
                        .as("one of %d, %s", outcomes.size(), need)
                        .isNotEqualTo(Outcome.ENDED);
            }
        } finally {
            threads.shutdownNow();
            for (RawClient client : clients) {
                client.close();
            }
        }
        relay.heal();
    }
}
