package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.CommandType;
import dev.sluice.server.localcluster.Accounts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * No KILL gets through that Sluice does not understand: the id that a client knows is the server's id of somebody else. That
 * somebody is here, as the same user, whom a server would let kill it. What the others do is in {@link ClientKillIT}.
 */
@Timeout(120)
class KillIT {
    private static final int NOT_SUPPORTED = 1235;

    private static TestProxy proxy;
    private Connection victim;
    private String id;

    @BeforeAll
    static void start() throws Exception {
        proxy = TestProxy.start(Servers.mysql());
    }

    @AfterAll
    static void stop() {
        proxy.close();
    }

    @BeforeEach
    void connectVictim() throws SQLException {
        victim = TestProxy.open(
                proxy.cluster().primary().port(), Accounts.NATIVE_USER, Accounts.NATIVE_PASSWORD, Accounts.DATABASE);
        id = String.valueOf(Sql.value(victim, "SELECT CONNECTION_ID()"));
    }

    @AfterEach
    void disconnectVictim() throws SQLException, IOException {
        victim.close();
        proxy.awaitQuiet();
    }

    private void assertVictimLives() throws SQLException {
        assertThat(Sql.value(victim, "SELECT CONNECTION_ID()")).isEqualTo(id);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT 1; KILL %s",
                "SELECT 1; SELECT 2;/* x */KILL CONNECTION %s; SELECT 3",
                "/*! KILL %s */",
                "/*!99999 SELECT */ KILL %s",
                "SELECT 1 /*! ; KILL %s */",
                "PREPARE s FROM 'KILL %s'",
                "PREPARE s FROM '/* ''x'' */ kil\\L %s'",
                "KILL QUERY ID %s",
                "KILL USER native",
                "KILL @id",
                "KILL %s + 0",
                "KILL HARD %s",
                "KILL",
                "SELECT 1; PREPARE s FROM 'KILL %s'; EXECUTE s"
            })
    void aQueryThatKillsIsRefused(String sql) throws SQLException {
        try (Connection connection = proxy.connectAs(
                Accounts.NATIVE_USER, Accounts.NATIVE_PASSWORD, Accounts.DATABASE, "allowMultiQueries=true")) {
            assertThat(Sql.error(connection, sql.replace("%s", id))).isEqualTo(NOT_SUPPORTED);
            assertThat(Sql.value(connection, "SELECT 1")).isEqualTo("1");
        }
        assertVictimLives();
    }

    @ParameterizedTest
    @ValueSource(strings = {"KILL %s", "KILL QUERY ?", "/*!50000 KILL */ %s", "PREPARE s FROM 'KILL %s'"})
    void preparingAKillIsRefused(String sql) throws IOException, SQLException {
        try (RawClient client = proxy.raw()) {
            byte[] text = sql.replace("%s", id).getBytes(StandardCharsets.UTF_8);
            byte[] answer = client.ask(CommandType.COM_STMT_PREPARE, text);
            assertThat(RawClient.first(answer)).isEqualTo(RawClient.ERR);
            assertThat(client.err(answer).code()).isEqualTo(NOT_SUPPORTED);
            assertThat(RawClient.first(client.ask(CommandType.COM_PING, new byte[0])))
                    .isEqualTo(RawClient.OK);
        }
        assertVictimLives();
    }

    @ParameterizedTest
    @ValueSource(strings = {"SELECT 'KILL %s'", "SELECT 1 AS `kill`", "SELECT 1 /* KILL %s */", "DO 'x; KILL %s'"})
    void theWordAloneIsNoKill(String sql) throws SQLException {
        try (Connection connection = proxy.connect()) {
            assertThat(Sql.error(connection, sql.replace("%s", id))).isZero();
        }
    }
}
