package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.localcluster.LocalServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sixty-four clients at once; afterwards the books must balance. {@code -Dsluice.load.seconds} makes it longer. */
@Timeout(300)
class MixedLoadIT {
    private static final int CLIENTS = 64;
    private static final int ACCOUNTS = 50;
    private static final int CAP = 12;
    private static final Duration DURATION = Duration.ofSeconds(Long.getLong("sluice.load.seconds", 15));
    private static final String[] ZONES = {"+01:00", "+02:00", "-03:00", "SYSTEM"};
    /** Two users, so that connections of one have to make room for the other all the time. */
    private static final String[] USERS = {"teller", "auditor"};

    private static final String CONNECTIONS =
            "SELECT COUNT(*) FROM information_schema.processlist WHERE user IN ('teller', 'auditor')";
    private static TestProxy proxy;

    private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
    private final AtomicLong reads = new AtomicLong();
    private final AtomicLong replicaReads = new AtomicLong();
    private final AtomicLong transfers = new AtomicLong();
    private final long seed = Long.getLong("sluice.seed", 64L);

    @BeforeAll
    static void start() throws Exception {
        List<String> setup = new ArrayList<>(List.of(
                "CREATE DATABASE bank",
                "CREATE USER 'teller'@'%' IDENTIFIED BY 'bank-secret'",
                "CREATE USER 'auditor'@'%' IDENTIFIED BY 'bank-secret'",
                "GRANT ALL ON bank.* TO 'teller'@'%'",
                "GRANT ALL ON bank.* TO 'auditor'@'%'",
                "CREATE TABLE bank.account (id INT PRIMARY KEY, balance BIGINT)",
                "CREATE TABLE bank.own (client INT PRIMARY KEY, n BIGINT)",
                "CREATE TABLE bank.entry (id BIGINT AUTO_INCREMENT PRIMARY KEY, token VARCHAR(40), KEY (token))"));
        for (int i = 0; i < ACCOUNTS; i++) {
            setup.add("INSERT INTO bank.account VALUES (" + i + ", 1000)");
        }
        for (int i = 0; i < CLIENTS; i++) {
            setup.add("INSERT INTO bank.own VALUES (" + i + ", 0)");
        }
        Servers.mysql().primary().execute(setup.toArray(new String[0]));
        proxy = TestProxy.options()
                .connections(CAP)
                .acquireTimeout(Duration.ofSeconds(15))
                .start(Servers.mysql());
        proxy.awaitCaughtUp();
    }

    @AfterAll
    static void stop() {
        proxy.close();
        Servers.mysql().primary().execute("DROP DATABASE bank", "DROP USER 'teller'@'%', 'auditor'@'%'");
    }

    @Test
    void theBooksBalanceAfterAMixedLoad() throws Exception {
        long end = System.nanoTime() + DURATION.toNanos();
        ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
        int mostConnections = 0;
        try {
            List<Future<?>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                int client = i;
                clients.add(threads.submit(() -> {
                    run(client, end);
                    return null;
                }));
            }
            while (System.nanoTime() - end < 0 && clients.stream().noneMatch(Future::isDone)) {
                for (LocalServer server : Servers.mysql().servers()) {
                    mostConnections = Math.max(mostConnections, Integer.parseInt(server.queryValue(CONNECTIONS)));
                }
            }
            for (Future<?> client : clients) {
                client.get(60, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
        proxy.awaitQuiet();
        proxy.awaitCaughtUp();
        for (LocalServer server : Servers.mysql().servers()) {
            assertThat(server.queryValue("SELECT SUM(balance) FROM bank.account"))
                    .isEqualTo("" + ACCOUNTS * 1000);
            try (Connection root = server.connect()) {
                List<String> tokens = Sql.rows(root, "SELECT token FROM bank.entry");
                assertThat(tokens).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(acknowledged);
            }
        }
        assertThat(mostConnections).isBetween(1, CAP);
        assertThat(replicaReads.get()).as("reads on replicas of " + reads).isPositive();
        System.getLogger("MixedLoadIT")
                .log(
                        System.Logger.Level.INFO,
                        "{0} reads ({1} seen on replicas), {2} transfers, {3} entries",
                        reads,
                        replicaReads,
                        transfers,
                        acknowledged.size());
    }

    private void run(int client, long end) throws SQLException {
        SplittableRandom random = new SplittableRandom(seed * 1_000L + client);
        Session session = new Session(client);
        String[] options = {"useServerPrepStmts=" + (client % 2 == 0)};
        String user = USERS[client / 2 % USERS.length];
        while (System.nanoTime() - end < 0) {
            session.zone = "SYSTEM";
            try (Connection connection = proxy.connectAs(user, "bank-secret", "bank", options)) {
                // Only within a session is its own write promised to be read: each begins with one.
                increment(connection, session);
                for (int i = 0; i < 200 && System.nanoTime() - end < 0; i++) {
                    step(connection, session, random);
                }
            }
        }
    }

    /** What one client knows. Confined to its thread. */
    private static final class Session {
        private final int client;
        private String zone = "SYSTEM";
        private long own;
        private int entries;

        private Session(int client) {
            this.client = client;
        }
    }

    private void step(Connection connection, Session session, SplittableRandom random) throws SQLException {
        switch (random.nextInt(10)) {
            case 0 -> transfer(connection, random);
            case 1 -> increment(connection, session);
            case 2 -> insert(connection, session);
            case 3 -> {
                session.zone = ZONES[random.nextInt(ZONES.length)];
                Sql.run(connection, "SET time_zone = '" + session.zone + "'");
            }
            case 4 -> assertThat(Sql.value(connection, "SELECT @@time_zone")).isEqualTo(session.zone);
            case 5 -> {
                Sql.run(connection, "START TRANSACTION READ ONLY");
                assertThat(Sql.value(connection, "SELECT SUM(balance) FROM account"))
                        .isEqualTo("" + ACCOUNTS * 1000);
                Sql.run(connection, "COMMIT");
            }
            default -> read(connection, session, random);
        }
    }

    private void read(Connection connection, Session session, SplittableRandom random) throws SQLException {
        reads.incrementAndGet();
        assertThat(Sql.prepared(connection, "SELECT n FROM own WHERE client = ?", session.client))
                .as("read your writes")
                .isEqualTo(Long.toString(session.own));
        if (random.nextInt(8) == 0 && Sql.route(connection).isReplica()) {
            replicaReads.incrementAndGet();
        }
        assertThat(Sql.value(connection, "SELECT SUM(balance) FROM account")).isEqualTo("" + ACCOUNTS * 1000);
    }

    private static void increment(Connection connection, Session session) throws SQLException {
        session.own++;
        assertThat(Sql.update(connection, "UPDATE own SET n = n + 1 WHERE client = " + session.client))
                .isEqualTo(1);
    }

    private void insert(Connection connection, Session session) throws SQLException {
        String token = session.client + "-" + session.entries++;
        Sql.run(connection, "INSERT INTO entry (token) VALUES ('" + token + "')");
        acknowledged.add(token);
        assertThat(Sql.value(connection, "SELECT token FROM entry WHERE id = LAST_INSERT_ID()"))
                .isEqualTo(token);
    }

    private void transfer(Connection connection, SplittableRandom random) throws SQLException {
        int low = random.nextInt(ACCOUNTS - 1);
        int high = low + 1 + random.nextInt(ACCOUNTS - 1 - low);
        int amount = random.nextInt(100) - 50;
        connection.setAutoCommit(false);
        try (PreparedStatement balance =
                        connection.prepareStatement("SELECT balance FROM account WHERE id = ? FOR UPDATE");
                PreparedStatement change = connection.prepareStatement("UPDATE account SET balance = ? WHERE id = ?")) {
            long[] before = {balance(balance, low), balance(balance, high)};
            set(change, low, before[0] - amount);
            set(change, high, before[1] + amount);
            if (random.nextInt(5) == 0) {
                connection.rollback();
            } else {
                connection.commit();
                transfers.incrementAndGet();
            }
        }
        connection.setAutoCommit(true);
    }

    private static long balance(PreparedStatement statement, int id) throws SQLException {
        statement.setInt(1, id);
        try (ResultSet row = statement.executeQuery()) {
            assertThat(row.next()).isTrue();
            return row.getLong(1);
        }
    }

    private static void set(PreparedStatement statement, int id, long value) throws SQLException {
        statement.setLong(1, value);
        statement.setInt(2, id);
        assertThat(statement.executeUpdate()).isBetween(0, 1);
    }
}
