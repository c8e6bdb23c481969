package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** JDBC's cancel() and query timeouts, which Connector/J makes of KILL QUERY on a second connection. */
@Timeout(120)
class CancelIT {
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        Servers.mysql().primary().execute("CREATE TABLE app.cancelled (id INT PRIMARY KEY)");
        proxy = TestProxy.start(Servers.mysql());
        proxy.awaitCaughtUp();
    }

    @AfterAll
    static void stop() {
        proxy.close();
        Servers.mysql().primary().execute("DROP TABLE app.cancelled");
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    private static PreparedStatement prepare(Connection connection, String marker) throws SQLException {
        return connection.prepareStatement("/* " + marker + " */ " + ClientKillIT.LONG);
    }

    @ParameterizedTest
    @CsvSource({"true, false", "true, true", "false, false", "false, true"})
    void aQueryTimeoutEndsTheStatementAndNothingElse(boolean autocommit, boolean prepared) throws SQLException {
        try (Connection connection = proxy.connect("useServerPrepStmts=" + prepared)) {
            connection.setAutoCommit(autocommit);
            if (!autocommit) {
                Sql.run(connection, "INSERT INTO cancelled VALUES (1)");
            }
            try (PreparedStatement statement = prepare(connection, "ct1")) {
                statement.setQueryTimeout(1);
                assertThatThrownBy(statement::executeQuery).isInstanceOf(SQLTimeoutException.class);
            }
            assertThat(Sql.route(connection).role()).isEqualTo(autocommit ? "replica" : "primary");
            for (int i = 0; i < 5; i++) {
                assertThat(Sql.value(connection, "SELECT COUNT(*) FROM cancelled"))
                        .isEqualTo(autocommit ? "0" : "1");
            }
            if (!autocommit) {
                connection.rollback();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"true, false", "true, true", "false, false", "false, true"})
    void cancelEndsTheStatementAndNothingElse(boolean autocommit, boolean prepared) throws Exception {
        try (Connection connection = proxy.connect("useServerPrepStmts=" + prepared)) {
            connection.setAutoCommit(autocommit);
            try (PreparedStatement statement = prepare(connection, "cc1")) {
                CompletableFuture<Boolean> running = inBackground(statement);
                awaitRunning("cc1");
                statement.cancel();
                assertThatThrownBy(running::get)
                        .isInstanceOf(ExecutionException.class)
                        .hasMessageMatching("(?s).*(cancelled|Query execution was interrupted).*");
                // Nothing of the cancellation stays: the same statement object runs again, and is cancelled again.
                CompletableFuture<Boolean> again = inBackground(statement);
                awaitRunning("cc1");
                statement.cancel();
                assertThatThrownBy(again::get).isInstanceOf(ExecutionException.class);
            }
            try (Statement statement = connection.createStatement()) {
                assertThat(statement.executeUpdate("INSERT INTO cancelled VALUES (2)"))
                        .isEqualTo(1);
                assertThat(statement.executeUpdate("DELETE FROM cancelled")).isEqualTo(1);
            }
            if (!autocommit) {
                connection.commit();
            }
        }
    }

    private static CompletableFuture<Boolean> inBackground(PreparedStatement statement) {
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                done.complete(statement.execute());
            } catch (SQLException e) {
                done.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return done;
    }

    private static void awaitRunning(String marker) {
        await().atMost(Duration.ofSeconds(10))
                .until(() -> Servers.mysql().servers().stream()
                        .anyMatch(server -> !"0"
                                .equals(server.queryValue(
                                        "SELECT COUNT(*) FROM information_schema.processlist WHERE command IN ('Query',"
                                                + " 'Execute') AND info LIKE '/* " + marker + "%'"))));
    }
}
