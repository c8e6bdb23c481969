package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What must not be lost, and what must not live on, when the pool closes a connection. */
@Timeout(120)
class RetiredConnectionIT {
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE DATABASE retired",
                        "CREATE TABLE retired.a (id INT AUTO_INCREMENT PRIMARY KEY, who INT)",
                        "CREATE USER 'one'@'%' IDENTIFIED BY 'one-secret', 'two'@'%' IDENTIFIED BY 'two-secret'",
                        "GRANT ALL ON retired.* TO 'one'@'%', 'two'@'%'");
        proxy = TestProxy.options().eventLoops(1).connections(1).start(Servers.mysql());
        proxy.awaitCaughtUp();
    }

    @AfterAll
    static void stop() {
        proxy.close();
        Servers.mysql().primary().execute("DROP DATABASE retired", "DROP USER 'one'@'%', 'two'@'%'");
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    @Test
    void theExactInsertIdOutlivesTheConnectionThatHadIt() throws SQLException {
        try (Connection one = proxy.connectAs("one", "one-secret", "retired");
                Connection two = proxy.connectAs("two", "two-secret", "retired")) {
            Sql.run(one, "INSERT INTO a (who) VALUES (1)");
            String id = Sql.value(one, "SELECT MAX(id) FROM a FOR UPDATE");
            // Its OK carries 1000, and LAST_INSERT_ID() stays what it was.
            Sql.run(one, "INSERT INTO a (id, who) VALUES (1000, 1)");
            Sql.run(two, "UPDATE a SET who = 2 WHERE id = 1000");
            assertThat(Sql.value(one, "SELECT LAST_INSERT_ID()")).isEqualTo(id);
        }
    }

    @Test
    void aRevokedGlobalPrivilegeIsGoneForNewSessions() throws SQLException {
        Servers.mysql().primary().execute("GRANT PROCESS ON *.* TO 'one'@'%'");
        String question = "SELECT COUNT(*) > 1 FROM information_schema.processlist";
        await().atMost(TestProxy.SOON).until(() -> answer(question).equals("1"));
        Servers.mysql().primary().execute("REVOKE PROCESS ON *.* FROM 'one'@'%'");
        await().atMost(TestProxy.SOON).until(() -> answer(question).equals("0"));
    }

    private static String answer(String question) throws SQLException {
        try (Connection one = proxy.connectAs("one", "one-secret", "retired")) {
            return String.valueOf(Sql.value(one, question));
        }
    }
}
