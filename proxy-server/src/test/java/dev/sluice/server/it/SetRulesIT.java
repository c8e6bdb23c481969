package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.server.localcluster.LocalServer;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each form of SET has a rule: what it changes, where it runs, and whether it ties the session. */
@Timeout(120)
class SetRulesIT {
    /** One connection to each server, so that every session leaves it to the next. */
    private static TestProxy one;

    @BeforeAll
    static void start() throws Exception {
        StateSchemas.create();
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE ROLE reader",
                        "CREATE USER 'ruled'@'%' IDENTIFIED BY 'first'",
                        "GRANT reader TO 'ruled'@'%'",
                        "CREATE USER 'defaulted'@'%' IDENTIFIED BY 'first'",
                        "GRANT reader TO 'defaulted'@'%'",
                        "GRANT ALL ON `state%`.* TO 'defaulted'@'%'",
                        "GRANT SYSTEM_VARIABLES_ADMIN, PERSIST_RO_VARIABLES_ADMIN ON *.* TO 'ruled'@'%'",
                        "GRANT ALL ON `state%`.* TO 'ruled'@'%'",
                        "CREATE PROCEDURE state.take_role() SQL SECURITY INVOKER SET ROLE reader");
        one = TestProxy.options().eventLoops(1).connections(1).start(Servers.mysql());
        one.awaitCaughtUp();
    }

    @AfterAll
    static void stop() {
        one.close();
        Servers.mysql().primary().execute("DROP USER 'ruled'@'%', 'defaulted'@'%'", "DROP ROLE reader");
        StateSchemas.drop();
    }

    @AfterEach
    void quiet() throws IOException {
        one.awaitQuiet();
    }

    private static Connection connect() throws SQLException {
        return one.connectAs("ruled", "first", "state");
    }

    // ---- GLOBAL and PERSIST ----

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SET GLOBAL div_precision_increment = 7 | 7",
                "SET @@global.div_precision_increment = 8 | 8",
                "SET PERSIST div_precision_increment = 9 | 9",
                "SET @@persist.div_precision_increment = 10 | 10",
                "SET PERSIST_ONLY div_precision_increment = 11 | 4"
            })
    void theGlobalValueIsThatOfThePrimaryAndTiesNothing(String set, String global) throws SQLException {
        try (Connection connection = connect()) {
            String own = Sql.value(connection, "SELECT @@session.div_precision_increment");
            Route route = Sql.routeOf(connection, set);
            assertThat(route.role()).isEqualTo("primary");
            assertThat(route.pins()).isEmpty();
            assertThat(Sql.value(connection, "SELECT @@global.div_precision_increment"))
                    .isEqualTo(global);
            assertThat(Sql.route(connection).role()).isEqualTo("primary");
            assertThat(Sql.value(connection, "SELECT @@session.div_precision_increment"))
                    .isEqualTo(own);
        } finally {
            Servers.mysql()
                    .primary()
                    .execute(
                            "SET GLOBAL div_precision_increment = 4",
                            "RESET PERSIST IF EXISTS div_precision_increment");
        }
    }

    @Test
    void whatASessionSetsBesideAGlobalValueGoesAlong() throws SQLException {
        try (Connection connection = connect();
                Connection other = connect()) {
            Sql.run(connection, "SET GLOBAL div_precision_increment = 4, SESSION div_precision_increment = 6");
            Sql.run(other, "SELECT 1", "SELECT 1 FROM t FOR UPDATE");
            assertThat(Sql.value(connection, "SELECT 1/3")).isEqualTo("0.333333");
            assertThat(Sql.value(connection, "SELECT 1/3 FROM t WHERE id = 1 FOR UPDATE"))
                    .isEqualTo("0.333333");
        }
    }

    @Test
    void whatWasPersistedIsForgottenOnThePrimaryAndTiesNothing() throws SQLException {
        String persisted = "SELECT COUNT(*) FROM performance_schema.persisted_variables"
                + " WHERE variable_name = 'div_precision_increment'";
        try (Connection connection = connect()) {
            Sql.run(connection, "SET PERSIST_ONLY div_precision_increment = 11");
            assertThat(Servers.mysql().primary().queryValue(persisted)).isEqualTo("1");
            Route route = Sql.routeOf(connection, "RESET PERSIST div_precision_increment");
            assertThat(route.role()).isEqualTo("primary");
            assertThat(route.pins()).isEmpty();
            assertThat(Servers.mysql().primary().queryValue(persisted)).isEqualTo("0");
            assertThat(Sql.error(connection, "RESET PERSIST div_precision_increment"))
                    .isEqualTo(3615);
            assertThat(Sql.error(connection, "RESET PERSIST IF EXISTS div_precision_increment"))
                    .isZero();
        } finally {
            Servers.mysql().primary().execute("RESET PERSIST IF EXISTS div_precision_increment");
        }
    }

    // ---- roles ----

    @ParameterizedTest
    @ValueSource(strings = {"SET ROLE NONE", "SET ROLE DEFAULT", "SET ROLE ALL EXCEPT reader"})
    void aRoleThatIsGivenUpIsGivenUpForThisSession(String sql) throws SQLException {
        try (Connection connection = connect()) {
            Sql.run(connection, "SET ROLE reader");
            assertThat(Sql.routeOf(connection, sql).pins()).isEqualTo("role");
            assertThat(Sql.value(connection, "SELECT CURRENT_ROLE()")).isEqualTo("NONE");
        }
        try (Connection next = connect()) {
            assertThat(Sql.value(next, "SELECT CURRENT_ROLE() FROM t WHERE id = 1 FOR UPDATE"))
                    .isEqualTo("NONE");
        }
    }

    @Test
    void aDefaultRoleIsSetOnThePrimaryAndChangesNoSession() throws SQLException {
        // Nobody changes this account's password, which would end the connections of its user.
        try (Connection connection = one.connectAs("defaulted", "first", "state")) {
            Route route = Sql.routeOf(connection, "SET DEFAULT ROLE reader TO 'defaulted'@'%'");
            assertThat(route.role()).isEqualTo("primary");
            assertThat(route.reason()).isEqualTo("write");
            assertThat(route.pins()).isEmpty();
            assertThat(Sql.value(connection, "SELECT CURRENT_ROLE() FROM t WHERE id = 1 FOR UPDATE"))
                    .isEqualTo("NONE");
            Sql.run(connection, "SET DEFAULT ROLE NONE TO 'defaulted'@'%'");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"SET ROLE reader", "SET ROLE ALL", "CALL take_role()"})
    void aRoleStaysWithItsSessionAndNeverOutlivesIt(String sql) throws SQLException {
        try (Connection connection = connect()) {
            assertThat(Sql.routeOf(connection, sql).pins()).isNotEmpty();
            assertThat(Sql.value(connection, "SELECT CURRENT_ROLE()")).isEqualTo("`reader`@`%`");
            assertThat(Sql.route(connection).reason()).isEqualTo("pinned");
            connection.unwrap(com.mysql.cj.jdbc.JdbcConnection.class).resetServerState();
            assertThat(Sql.value(connection, "SELECT CURRENT_ROLE() FROM t WHERE id = 1 FOR UPDATE"))
                    .isEqualTo("NONE");
            Sql.run(connection, sql);
        }
        try (Connection next = connect()) {
            assertThat(Sql.value(next, "SELECT CURRENT_ROLE()")).isEqualTo("NONE");
            assertThat(Sql.value(next, "SELECT CURRENT_ROLE() FROM t WHERE id = 1 FOR UPDATE"))
                    .isEqualTo("NONE");
        }
    }

    // ---- passwords ----

    @Test
    void aPasswordIsSetOnThePrimaryLikeAnyWrite() throws SQLException {
        try (Connection connection = connect()) {
            Route route = Sql.routeOf(connection, "SET PASSWORD = 'second'");
            assertThat(route.role()).isEqualTo("primary");
            assertThat(route.reason()).isEqualTo("write");
            assertThat(route.pins()).isEmpty();
            Sql.run(connection, "SET PASSWORD FOR 'ruled'@'%' = 'first'");
        }
        connect().close();
    }

    /** The servers are made to ask again. */
    private static void endConnections() throws SQLException {
        for (LocalServer server : Servers.mysql().servers()) {
            Sql.endConnectionsOf("ruled", server);
        }
        // Until then a statement could be sent on one of them, and be lost.
        one.awaitNoConnectionOf("ruled");
    }

    private static void assertRuns(Connection connection) throws SQLException {
        assertThat(Sql.value(connection, "SELECT v FROM t WHERE id = 1 FOR UPDATE"))
                .isEqualTo("1");
        assertThat(Sql.value(connection, "SELECT v FROM t WHERE id = 1")).isEqualTo("1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET PASSWORD = 'second'",
                "SET PASSWORD FOR CURRENT_USER() = 'second'",
                "ALTER USER USER() IDENTIFIED BY 'second'"
            })
    void everySessionOutlivesThatOneOfThemChangesThePassword(String sql) throws SQLException {
        try (Connection connection = connect();
                Connection other = connect()) {
            Sql.run(connection, sql);
            endConnections();
            assertRuns(connection);
            endConnections();
            assertRuns(other);
            one.connectAs("ruled", "second", "state").close();
        } finally {
            Servers.mysql().primary().execute("ALTER USER 'ruled'@'%' IDENTIFIED BY 'first'");
        }
    }

    @Test
    void aSessionOutlivesAChangeOfItsPasswordBySomebodyElseFromTheNextLoginOn() throws SQLException {
        try (Connection connection = connect()) {
            Servers.mysql().primary().execute("ALTER USER 'ruled'@'%' IDENTIFIED BY 'third'");
            one.awaitCaughtUp();
            endConnections();
            assertThat(Sql.error(connection, "SELECT v FROM t WHERE id = 1 FOR UPDATE"))
                    .isEqualTo(1045);
            one.connectAs("ruled", "third", "state").close();
            assertRuns(connection);
        } finally {
            Servers.mysql().primary().execute("ALTER USER 'ruled'@'%' IDENTIFIED BY 'first'");
        }
    }

    // ---- character sets ----

    @Test
    void setCharacterSetTakesTheCollationOfTheSchema() throws SQLException {
        String question = "SELECT CONCAT_WS(' ', @@character_set_client, @@character_set_connection,"
                + " @@collation_connection, @@character_set_results)";
        try (Connection direct = TestProxy.open(Servers.mysql().primary().port(), "ruled", "first", "state");
                Connection connection = connect();
                Connection other = connect()) {
            for (String set : new String[] {
                "SET CHARACTER SET latin1", "SET CHARSET utf8mb4", "SET CHARACTER SET DEFAULT",
                "SET NAMES latin1 COLLATE latin1_german1_ci", "SET NAMES DEFAULT", "SET NAMES utf8mb4"
            }) {
                Sql.run(direct, set);
                Sql.run(connection, set);
                Sql.run(other, "SELECT 1", "SELECT 1 FROM t FOR UPDATE");
                String expected = Sql.value(direct, question);
                assertThat(Sql.value(connection, question)).as(set).isEqualTo(expected);
                assertThat(Sql.value(connection, question + " FROM t WHERE id = 1 FOR UPDATE"))
                        .as(set)
                        .isEqualTo(expected);
                assertThat(Sql.route(connection).pins()).isEmpty();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"SET character_set_database = latin1", "SET collation_database = latin1_bin"})
    void theCharacterSetOfTheSchemaSetByHandIsSeenByNobodyElse(String set) throws SQLException {
        String question = "SELECT @@character_set_database, @@collation_database FROM t WHERE id = 1 FOR UPDATE";
        try (Connection connection = connect()) {
            assertThat(Sql.routeOf(connection, set).pins()).startsWith("non_replayable_variable");
            assertThat(Sql.rows(connection, question).get(0)).startsWith("latin1,");
        }
        try (Connection next = connect()) {
            assertThat(Sql.rows(next, question).get(0)).startsWith("utf8mb4,");
        }
    }

    // ---- transactions ----

    @ParameterizedTest
    @ValueSource(strings = {"SET TRANSACTION READ ONLY", "SET @@transaction_read_only = 1"})
    void characteristicsForOneTransactionTieUntilItIsOver(String set) throws SQLException {
        try (Connection connection = connect()) {
            assertThat(Sql.routeOf(connection, set).pins()).isEqualTo("transaction_characteristics");
            Sql.run(connection, "BEGIN");
            assertThat(Sql.error(connection, "UPDATE t SET v = v")).isEqualTo(1792);
            assertThat(Sql.routeOf(connection, "COMMIT").pins()).isEmpty();
            Sql.run(connection, "BEGIN", "UPDATE t SET v = v", "COMMIT");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET SESSION TRANSACTION READ ONLY",
                "SET LOCAL TRANSACTION READ ONLY",
                "SET @@session.transaction_read_only = ON",
                "SET @@local.transaction_read_only = 1",
                "SET transaction_read_only = 1",
                "SET SESSION transaction_read_only = 'ON'"
            })
    void characteristicsOfTheSessionGoAlongAndSendTransactionsToReplicas(String set) throws SQLException {
        try (Connection connection = connect();
                Connection other = connect()) {
            assertThat(Sql.routeOf(connection, set).pins()).isEmpty();
            Sql.run(other, "SELECT 1", "UPDATE t SET v = v");
            // A function of the primary; a write the driver itself would refuse.
            assertThat(Sql.rows(connection, "SELECT @@session.transaction_read_only, IS_FREE_LOCK('set')"))
                    .containsExactly("1,1");
            await().atMost(TestProxy.SOON).until(() -> {
                Route begin = Sql.routeOf(connection, "BEGIN");
                Sql.run(connection, "COMMIT");
                return begin.isReplica();
            });
            Sql.run(connection, "SET SESSION TRANSACTION READ WRITE", "UPDATE t SET v = v");
        }
    }

    @Test
    void springsReadOnlyTransactionRunsOnAReplica() throws SQLException {
        try (Connection connection = connect()) {
            connection.setReadOnly(true);
            connection.setAutoCommit(false);
            assertThat(Sql.value(connection, "SELECT v FROM t WHERE id = 1")).isEqualTo("1");
            assertThat(Sql.route(connection).role()).isEqualTo("replica");
            connection.commit();
            connection.setAutoCommit(true);
            connection.setReadOnly(false);
            Sql.run(connection, "UPDATE t SET v = v");
            assertThat(Sql.route(connection).role()).isEqualTo("primary");
        }
    }

    // ---- text PREPARE ----

    @Test
    void anExecuteHasTheEffectsOfWhatWasPrepared() throws SQLException {
        try (Connection connection = connect()) {
            Sql.run(connection, "PREPARE s FROM 'SELECT ? + 1'", "SET @n = 4");
            assertThat(Sql.value(connection, "EXECUTE s USING @n")).isEqualTo("5");
            assertThat(Sql.route(connection).pins()).isEqualTo("text_prepare");
            Sql.run(connection, "SET @sql = 'UPDATE t SET v = v'", "PREPARE s FROM @sql", "EXECUTE s");
            assertThat(Sql.route(connection).pins()).isEqualTo("text_prepare");
            assertThat(Sql.routeOf(connection, "DEALLOCATE PREPARE s").pins()).isEmpty();
            assertThatThrownBy(() -> Sql.run(connection, "EXECUTE s"))
                    .hasMessageContaining("Unknown prepared statement");
            assertThat(Sql.routeOf(connection, "SELECT v FROM t WHERE id = 1").pins())
                    .isEmpty();
        }
    }

    @Test
    void anExecuteOfACallTiesLikeTheCall() throws SQLException {
        try (Connection connection = connect()) {
            Sql.run(connection, "PREPARE s FROM 'CALL take_role()'", "EXECUTE s", "DEALLOCATE PREPARE s");
            assertThat(Sql.route(connection).pins()).isEqualTo("routine");
        }
    }

    /** The server takes the two names for one: an accent does not count. */
    @ParameterizedTest
    @ValueSource(strings = {"PREPARE `é` FROM @r", "PREPARE `E ` FROM @r", "PREPARE /*!50000 e */ FROM @r"})
    void aRoleOfAStatementThatWasPreparedAnewUnderAnotherSpellingIsNobodyElses(String prepare) throws SQLException {
        try (Connection connection = connect()) {
            Sql.run(connection, "PREPARE e FROM 'DO 1'", "SET @r = 'SET ROLE reader'", prepare, "EXECUTE e");
            assertThat(Sql.value(connection, "SELECT CURRENT_ROLE()")).isEqualTo("`reader`@`%`");
            Sql.run(connection, "DEALLOCATE PREPARE e");
        }
        try (Connection next = connect()) {
            assertThat(Sql.value(next, "SELECT CURRENT_ROLE() FROM t WHERE id = 1 FOR UPDATE"))
                    .isEqualTo("NONE");
        }
    }

    @Test
    void aHintInASetIsAComment() throws SQLException {
        try (Connection connection = connect()) {
            Sql.run(connection, "SET /*+ SET_VAR(div_precision_increment=1) */ div_precision_increment = 7");
            assertThat(Sql.value(connection, "SELECT 1/3")).isEqualTo("0.3333333");
            assertThat(Sql.value(connection, "SELECT 1/3 FROM t WHERE id = 1 FOR UPDATE"))
                    .isEqualTo("0.3333333");
        }
    }
}
