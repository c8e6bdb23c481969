package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.mysql.cj.jdbc.ServerPreparedStatement;
import dev.sluice.server.localcluster.LocalServer;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
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
 * Where point selects outside transactions run, by the servers' own counters: {@code ./sluice bench share} for some seconds,
 * with Connector/J.
 */
@Timeout(120)
class ReplicaShareIT {
    private static final int ROWS = 100;
    private static final int CLIENTS = 4;
    private static final int SELECTS = 500;
    private static final double LEAST = 0.99;

    private static TestProxy proxy;

    /** How the driver sends a query. */
    enum Mode {
        TEXT,
        PREPARED,
        CURSOR,
        STREAM;

        String[] options() {
            return switch (this) {
                case TEXT, STREAM -> new String[0];
                case PREPARED -> new String[] {"useServerPrepStmts=true"};
                case CURSOR -> new String[] {"useServerPrepStmts=true", "useCursorFetch=true"};
            };
        }

        int fetchSize() {
            return switch (this) {
                case TEXT, PREPARED -> 0;
                case CURSOR -> 10;
                case STREAM -> Integer.MIN_VALUE;
            };
        }

        boolean isPrepared() {
            return this == PREPARED || this == CURSOR;
        }
    }

    @BeforeAll
    static void start() throws Exception {
        StringBuilder rows = new StringBuilder("INSERT INTO app.share VALUES (0, 'v0')");
        for (int i = 1; i < ROWS; i++) {
            rows.append(", (").append(i).append(", 'v").append(i).append("')");
        }
        Servers.mysql()
                .primary()
                .execute("CREATE TABLE app.share (id INT PRIMARY KEY, v VARCHAR(20))", rows.toString());
        proxy = TestProxy.start(Servers.mysql());
        proxy.awaitCaughtUp();
    }

    @AfterAll
    static void stop() {
        proxy.close();
        Servers.mysql().primary().execute("DROP TABLE app.share");
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void moreThan99PercentRunOnReplicas(Mode mode) throws Exception {
        // One row of a table each, and nobody else reads tables of InnoDB meanwhile.
        String counter = mode.isPrepared() ? "Com_stmt_execute" : "Innodb_rows_read";
        List<Long> before = counts(counter);
        ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
        try {
            List<Future<Integer>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                Callable<Integer> client = () -> read(mode);
                clients.add(threads.submit(client));
            }
            int read = 0;
            for (Future<Integer> client : clients) {
                read += client.get();
            }
            assertThat(read).isEqualTo(CLIENTS * SELECTS);
        } finally {
            threads.shutdownNow();
        }
        List<Long> after = counts(counter);
        long onReplicas = after.get(1) - before.get(1) + after.get(2) - before.get(2);
        long all = onReplicas + after.get(0) - before.get(0);
        assertThat(all).isEqualTo((long) CLIENTS * SELECTS);
        assertThat((double) onReplicas / all).isGreaterThan(LEAST);
    }

    private static int read(Mode mode) throws SQLException {
        int read = 0;
        try (Connection connection = proxy.connect(mode.options());
                PreparedStatement statement = connection.prepareStatement("SELECT v FROM share WHERE id = ?")) {
            assertThat(statement instanceof ServerPreparedStatement).isEqualTo(mode.isPrepared());
            statement.setFetchSize(mode.fetchSize());
            for (int i = 0; i < SELECTS; i++) {
                statement.setInt(1, i % ROWS);
                try (ResultSet row = statement.executeQuery()) {
                    assertThat(row.next()).isTrue();
                    assertThat(row.getString(1)).isEqualTo("v" + i % ROWS);
                    read++;
                }
            }
        }
        return read;
    }

    private static List<Long> counts(String counter) {
        List<Long> counts = new ArrayList<>();
        for (LocalServer server : Servers.mysql().servers()) {
            counts.add(counter(server, counter));
        }
        return counts;
    }

    private static long counter(LocalServer server, String name) {
        try (Connection connection = server.connect()) {
            List<String> row = Sql.rows(connection, "SHOW GLOBAL STATUS LIKE '" + name + "'");
            return Long.parseLong(row.get(0).substring(name.length() + 1));
        } catch (SQLException e) {
            throw new AssertionError("cannot read " + name, e);
        }
    }
}
