package dev.sluice.router.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Locks, roles, routines, and what several statements of one packet leave behind together. */
class LastingEffectsTest extends EffectsFixture {
    // ---- roles, global locks, routines ----

    @Test
    void aRoleStaysUntilTheConnectionIsReset() {
        run("SET ROLE r", "SET ROLE DEFAULT");
        assertThat(pins()).isEqualTo("role");
        run("SET RESOURCE GROUP g");
        assertThat(pins()).isEqualTo("role,resource_group");
    }

    @Test
    void theGlobalReadLockEndsWithUnlockTables() {
        run("FLUSH TABLES WITH READ LOCK");
        assertThat(pins()).isEqualTo("global_read_lock");
        run("UNLOCK TABLES", false);
        assertThat(pins()).isEqualTo("global_read_lock");
        run("UNLOCK TABLES");
        assertThat(pins()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"SAVEPOINT a", "SELECT 1; savepoint a", "SAVEPOINT a; RELEASE SAVEPOINT a; SAVEPOINT b"})
    void aSavepointInFrontOfATransactionTiesUntilThatBegins(String sql) {
        run(sql);
        assertThat(pins()).isEmpty();
        state.vector(state.vector().with("autocommit", "OFF"));
        run(sql, "SELECT 1");
        assertThat(pins()).isEqualTo("savepoint");
        state.observeTransaction(slot, true, false);
        run("UPDATE t SET v = 1");
        assertThat(pins()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"COMMIT", "ROLLBACK", "CREATE TABLE t (v INT)"})
    void aSavepointInFrontOfATransactionGoesWithItsEnd(String sql) {
        state.vector(state.vector().with("autocommit", "OFF"));
        run("SAVEPOINT a");
        run(sql, false);
        assertThat(pins()).isEqualTo("savepoint");
        run(sql);
        assertThat(pins()).isEmpty();
        run("SAVEPOINT a");
        state.vector(state.vector().with("autocommit", "ON"));
        run("SELECT 1");
        assertThat(pins()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"LOCK INSTANCE FOR BACKUP, UNLOCK INSTANCE", "BACKUP STAGE START, BACKUP STAGE END"})
    void theInstanceLockEndsWithItsCounterpart(String takes, String gives) {
        run(takes);
        assertThat(pins()).isEqualTo("instance_lock");
        run(gives);
        assertThat(pins()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET session_track_gtids = OFF",
                "SET session_track_schema = 0, @@transaction_isolation = 'SERIALIZABLE'",
                "INSERT INTO t VALUES (@@session_track_schema)",
                "SELECT @@session_track_schema FROM v"
            })
    void whatRunsWithoutSluicesSwitchesAndCannotBeFollowedPinsEvenIfItFails(String sql) {
        run(sql, false);
        assertThat(pins()).isEqualTo("session_tracking");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"SET session_track_schema = 0, sql_mode = ''", "SELECT @@session_track_schema", "SHOW VARIABLES"
            })
    void whatCanBeFollowedDoesNotPin(String sql) {
        run(sql);
        assertThat(pins()).isEmpty();
    }

    @Test
    void aRoutineLeavesWhatNobodySees() {
        run("CALL p()", false);
        assertThat(pins()).isEqualTo("routine");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT 1",
                "INSERT INTO t VALUES (1)",
                "BEGIN",
                "SELECT RELEASE_LOCK('a')",
                "DROP TABLE t",
                "DEALLOCATE PREPARE s",
                "UNLOCK TABLES",
                "SET sort_buffer_size = 1"
            })
    void anOrdinaryStatementLeavesNothing(String sql) {
        run(sql);
        assertThat(pins()).isEmpty();
    }

    // ---- several statements in one packet ----

    @Test
    void aPacketOfSeveralStatementsPinsForEachOfThem() {
        run("SET @a = 1; CREATE TEMPORARY TABLE x (id INT); PREPARE s FROM 'SELECT 1'; SELECT GET_LOCK('a', 1)");
        assertThat(pins()).contains("temporary_table", "user_variable", "user_lock", "text_prepare");
    }

    @Test
    void aFailedPacketOfSeveralStatementsMayHaveRunHalf() {
        run("CREATE TEMPORARY TABLE x (id INT); SELECT no_column", false);
        assertThat(pins()).contains("temporary_table");
    }

    @Test
    void aPacketOfSeveralStatementsNeverUnpinsByName() {
        run("CREATE TEMPORARY TABLE x (id INT)", "SELECT GET_LOCK('a', 1)", "PREPARE s FROM 'SELECT 1'");
        for (String sql : List.of(
                "DROP TEMPORARY TABLE x; SELECT 1",
                "SELECT RELEASE_LOCK('a'); SELECT 1",
                "SELECT RELEASE_ALL_LOCKS(); SELECT 1",
                "DEALLOCATE PREPARE s; SELECT 1")) {
            run(sql);
        }
        assertThat(pins()).contains("temporary_table", "user_lock", "text_prepare");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "FLUSH TABLES WITH READ LOCK | SELECT no_column; UNLOCK TABLES | global_read_lock",
                "LOCK INSTANCE FOR BACKUP | SELECT no_column; UNLOCK INSTANCE | instance_lock",
                "HANDLER t OPEN | SELECT no_column; HANDLER t CLOSE | handler"
            })
    void aPacketThatFailedBeforeItsLastStatementDoesNotUnpin(String takes, String packet, String reason) {
        run(takes);
        run(packet, false);
        assertThat(pins()).contains(reason);
    }

    @Test
    void handlersThatWereOpenedTogetherAreNotCounted() {
        run("HANDLER t OPEN; HANDLER u OPEN", "HANDLER t CLOSE");
        assertThat(pins()).contains("handler");
    }

    @Test
    void handlersOpenedAndClosedInOnePacketMayLeaveOneOpen() {
        run("HANDLER t OPEN", "HANDLER u OPEN", "HANDLER t CLOSE; SELECT 1");
        run("HANDLER u CLOSE");
        assertThat(pins()).contains("handler");
    }

    @Test
    void aVariableThatIsSetBehindAHintInTheSamePacketPins() {
        changes.systemVariable("sql_mode", "ANSI_QUOTES");
        changes.stateChange();
        run("SELECT /*+ SET_VAR(sort_buffer_size=1) */ 1; SET sql_mode = 'ANSI_QUOTES'");
        assertThat(pins()).contains("unreported_change");
    }
}
