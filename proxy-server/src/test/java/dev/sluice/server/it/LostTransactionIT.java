package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sluice.server.localcluster.Accounts;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A transaction whose connection to the server has gone is gone as a whole, whatever the client says next. */
@Timeout(60)
class LostTransactionIT {
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        Servers.mysql().primary().execute("CREATE TABLE app.lost (id INT PRIMARY KEY)");
        proxy = TestProxy.start(Servers.mysql());
        proxy.awaitCaughtUp();
    }

    @AfterAll
    static void stop() {
        proxy.close();
        Servers.mysql().primary().execute("DROP TABLE app.lost");
    }

    @AfterEach
    void quiet() throws Exception {
        proxy.awaitQuiet();
        Servers.mysql().primary().execute("DELETE FROM app.lost");
    }

    private static void insert(Connection connection, int id) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO lost VALUES (?)")) {
            insert.setInt(1, id);
            insert.executeUpdate();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anInsertBehindTheLossIsNotTheBeginningOfAnotherOne(boolean prepared) throws Exception {
        String told = "";
        try (Connection connection = proxy.connect("useServerPrepStmts=" + prepared)) {
            connection.setAutoCommit(false);
            insert(connection, 1);
            Sql.endConnectionsOf(Accounts.APP_USER, Servers.mysql().primary());
            try {
                insert(connection, 2);
                connection.commit();
            } catch (SQLException e) {
                told = String.valueOf(e.getSQLState());
                connection.rollback();
            }
        }
        assertThat(Servers.mysql().primary().queryValue("SELECT COUNT(*) FROM app.lost"))
                .isEqualTo("0");
        assertThat(told).isEqualTo("40001");
    }

    @Test
    void whoIsToldByThePreparationMayRollBack() throws Exception {
        try (Connection connection = proxy.connect("useServerPrepStmts=true", "emulateUnsupportedPstmts=false")) {
            connection.setAutoCommit(false);
            insert(connection, 1);
            Sql.endConnectionsOf(Accounts.APP_USER, Servers.mysql().primary());
            assertThatExceptionOfType(SQLException.class)
                    .isThrownBy(() -> insert(connection, 2))
                    .satisfies(e -> assertThat(e.getSQLState()).isEqualTo("40001"));
            connection.rollback();
            insert(connection, 3);
            connection.commit();
        }
        assertThat(Servers.mysql().primary().queryValue("SELECT GROUP_CONCAT(id) FROM app.lost"))
                .isEqualTo("3");
    }
}
