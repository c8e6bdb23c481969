package dev.sluice.router.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StatementEffectsTest {
    private static final String IDLE = "________";

    private final SessionState state = new SessionState(
            StateVector.empty()
                    .with(StateVector.CHARACTER_SET_CLIENT, "utf8mb4")
                    .withSchema("test"),
            "");
    private final StatementEffects effects = new StatementEffects(state);
    private final SessionChanges changes = new SessionChanges();
    private Slot slot = Slot.PRIMARY;

    private void run(String sql, boolean succeeded) {
        run(sql, succeeded, sql);
    }

    private void run(String sql, boolean succeeded, @Nullable String text) {
        effects.apply(slot, Statements.of(sql), succeeded, changes, () -> text);
        changes.clear();
    }

    private void run(String... statements) {
        for (String sql : statements) {
            run(sql, true);
        }
    }

    private String pins() {
        return PinReason.describe(state.pins(slot));
    }

    // ---- variables ----

    @Test
    void aReportedVariableBecomesReplayable() {
        changes.systemVariable("SQL_MODE", "ANSI_QUOTES");
        changes.stateChange();
        run("SET sql_mode = 'ANSI_QUOTES'");
        assertThat(state.vector().get("sql_mode")).isEqualTo("ANSI_QUOTES");
        assertThat(state.lexicalMode().ansiQuotes()).isTrue();
        assertThat(pins()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "timestamp",
                "insert_id",
                "last_insert_id",
                "gtid_next",
                "sql_log_bin",
                "rand_seed1",
                "session_track_schema",
                "pseudo_thread_id",
                "TIMESTAMP"
            })
    void aVariableThatCannotBeRepeatedPins(String name) {
        changes.systemVariable(name, "1");
        run("SET sort_buffer_size = 1");
        assertThat(pins()).isEqualTo("non_replayable_variable");
        assertThat(state.vector().size()).isEqualTo(1);
    }

    @Test
    void settingAVariableThatTheServerDoesNotReportPinsByTheText() {
        run("SET timestamp = 5");
        assertThat(pins()).isEqualTo("non_replayable_variable");
    }

    @Test
    void aValueWithABackslashPinsBecauseItsQuotingDependsOnTheMode() {
        changes.systemVariable("init_connect", "a\\b");
        run("SET sort_buffer_size = 1");
        assertThat(pins()).isEqualTo("non_replayable_variable");
        assertThat(state.vector().get("init_connect")).isNull();
    }

    @Test
    void moreVariablesThanTheBoundAllowsPin() {
        changes.systemVariable("a", "x".repeat(SessionState.VECTOR_CHARACTERS_MAX));
        run("SET sort_buffer_size = 1");
        assertThat(pins()).isEqualTo("non_replayable_variable");
        assertThat(state.vector().get("a")).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "statement_id",
                "last_gtid",
                "warning_count",
                "error_count",
                "character_set_database",
                "collation_database",
                "in_transaction"
            })
    void aVariableThatFollowsFromOtherStateIsIgnored(String name) {
        StateVector before = state.vector();
        changes.systemVariable(name, "5");
        run("SET sort_buffer_size = 1");
        assertThat(state.vector()).isSameAs(before);
        assertThat(pins()).isEmpty();
    }

    @Test
    void afterSetNamesTheCollationHasToBeAskedFor() {
        changes.systemVariable("character_set_client", "latin1");
        changes.systemVariable("character_set_connection", "latin1");
        changes.systemVariable("character_set_results", "latin1");
        run("SET NAMES latin1 COLLATE latin1_german1_ci");
        assertThat(effects.isCollationUnknown()).isTrue();
        assertThat(state.vector().get("character_set_connection")).isNull();
        effects.collationConnection("latin1_german1_ci");
        assertThat(effects.isCollationUnknown()).isFalse();
        assertThat(state.vector().get(StateVector.COLLATION_CONNECTION)).isEqualTo("latin1_german1_ci");
        assertThat(state.vector().get(StateVector.CHARACTER_SET_CLIENT)).isEqualTo("latin1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"collation_connection", "character_set_connection"})
    void aReportedCollationNeedsNoQuestion(String reportedAs) {
        changes.systemVariable(reportedAs, "utf8mb4_bin");
        run("SET collation_connection = 'utf8mb4_bin'");
        assertThat(effects.isCollationUnknown()).isFalse();
        assertThat(state.vector().get(StateVector.COLLATION_CONNECTION)).isEqualTo("utf8mb4_bin");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT /*+ SET_VAR(sort_buffer_size=1) */ 1",
                "SET STATEMENT max_statement_time = 1 FOR SELECT 1"
            })
    void aVariableThatIsSetForOneStatementIsNotTaken(String sql) {
        StateVector before = state.vector();
        changes.systemVariable("sort_buffer_size", "32768");
        changes.stateChange();
        run(sql);
        assertThat(state.vector()).isSameAs(before);
        assertThat(pins()).doesNotContain("unreported_change", "non_replayable_variable");
    }

    @Test
    void aReportFromAFailedStatementCountsBecausePartOfItMayHaveRun() {
        changes.systemVariable("sql_mode", "ANSI_QUOTES");
        run("SET sql_mode = 'ANSI_QUOTES', autocommit = 7", false);
        assertThat(state.vector().get("sql_mode")).isEqualTo("ANSI_QUOTES");
    }

    // ---- schema ----

    @Test
    void theReportedSchemaIsTheSchema() {
        changes.schema("other");
        changes.stateChange();
        run("USE other");
        assertThat(state.vector().schema()).isEqualTo("other");
        assertThat(pins()).isEmpty();
    }

    @Test
    void aSchemaThatWasDroppedIsNoSchema() {
        changes.schema("");
        changes.stateChange();
        run("DROP DATABASE test");
        assertThat(state.vector().schema()).isNull();
        assertThat(pins()).isEmpty();
    }

    // ---- state changes ----

    @ParameterizedTest
    @ValueSource(
            strings = {"SELECT 1", "UPDATE t SET v = 1", "DROP TABLE t", "SET sort_buffer_size = 1", "FLUSH TABLES"})
    void aStateChangeThatNothingExplainsPins(String sql) {
        changes.stateChange();
        run(sql);
        assertThat(pins()).isEqualTo("unreported_change");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SET @a = 1 | user_variable",
                "SELECT @a := 1 | user_variable",
                "CREATE TEMPORARY TABLE x (id INT) | temporary_table",
                "PREPARE s FROM 'SELECT 1' | text_prepare",
                "SET ROLE r | role",
                "CALL p() | routine"
            })
    void aStateChangeThatTheStatementExplainsPinsForThatReasonOnly(String sql, String reason) {
        changes.stateChange();
        run(sql);
        assertThat(pins()).isEqualTo(reason);
    }

    @Test
    void alteringATemporaryTableIsAnExplanation() {
        run("CREATE TEMPORARY TABLE x (id INT)");
        changes.stateChange();
        run("ALTER TABLE x ADD v INT");
        assertThat(pins()).isEqualTo("temporary_table");
    }

    // ---- what the transaction tracker tells ----

    @Test
    void theTrackersTableLockPinsUntilItIsGone() {
        changes.transactionState("_______L");
        run("LOCK TABLES t READ");
        assertThat(pins()).isEqualTo("table_lock");
        run("SELECT 1");
        assertThat(pins()).isEqualTo("table_lock");
        changes.transactionState(IDLE);
        run("UNLOCK TABLES");
        assertThat(pins()).isEmpty();
    }

    @Test
    void pendingTransactionCharacteristicsPinUntilTheTransactionHasBegun() {
        changes.transactionCharacteristics("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;");
        run("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE");
        assertThat(pins()).isEqualTo("transaction_characteristics");
        state.observeTransaction(slot, true, false);
        changes.transactionCharacteristics("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; START TRANSACTION;");
        run("BEGIN");
        assertThat(pins()).isEmpty();
    }

    @Test
    void emptyTransactionCharacteristicsUnpin() {
        changes.transactionCharacteristics("SET TRANSACTION READ ONLY;");
        run("SET TRANSACTION READ ONLY");
        changes.transactionCharacteristics("");
        run("SELECT 1");
        assertThat(pins()).isEmpty();
    }

    // ---- temporary tables ----

    @Test
    void aTemporaryTablePinsUntilItIsDropped() {
        run("CREATE TEMPORARY TABLE x (id INT)");
        assertThat(pins()).isEqualTo("temporary_table");
        run("DROP TEMPORARY TABLE x");
        assertThat(pins()).isEmpty();
    }

    @Test
    void thePinEndsWithTheLastOfSeveralTemporaryTables() {
        run("CREATE TEMPORARY TABLE x (id INT)", "CREATE TEMPORARY TABLE `y z` (id INT)", "DROP TEMPORARY TABLE x");
        assertThat(pins()).isEqualTo("temporary_table");
        run("DROP TEMPORARY TABLE IF EXISTS `y z`");
        assertThat(pins()).isEmpty();
    }

    @Test
    void severalTemporaryTablesGoWithOneStatement() {
        run("CREATE TEMPORARY TABLE x (id INT)", "CREATE TEMPORARY TABLE y SELECT 1");
        run("DROP TEMPORARY TABLE IF EXISTS x, `y` CASCADE;");
        assertThat(pins()).isEmpty();
    }

    @Test
    void aTableThatExistsAlreadyIsNotCountedTwice() {
        run("CREATE TEMPORARY TABLE IF NOT EXISTS x (id INT)", "CREATE TEMPORARY TABLE IF NOT EXISTS x (id INT)");
        run("DROP TEMPORARY TABLE x");
        assertThat(pins()).isEmpty();
    }

    @Test
    void dropTableWithoutTheWordTemporaryDropsATemporaryTableToo() {
        run("CREATE TEMPORARY TABLE x (id INT)", "DROP TABLE other");
        assertThat(pins()).isEqualTo("temporary_table");
        run("DROP TABLE x");
        assertThat(pins()).isEmpty();
    }

    @Test
    void aDropThatFailedDoesNotUnpin() {
        run("CREATE TEMPORARY TABLE x (id INT)");
        run("DROP TEMPORARY TABLE x", false);
        run("DROP TABLE x", false);
        assertThat(pins()).isEqualTo("temporary_table");
    }

    @Test
    void aCreateThatFailedDoesNotPin() {
        run("CREATE TEMPORARY TABLE x (id INT)", false);
        assertThat(pins()).isEmpty();
    }

    @Test
    void aTemporaryTableWhoseNameIsNotReadPinsForGood() {
        run("CREATE /* x */ TEMPORARY TABLE x (id INT)", "DROP TEMPORARY TABLE x");
        assertThat(pins()).isEqualTo("temporary_table");
        effects.connectionGone(slot);
        assertThat(pins()).isEmpty();
    }

    @Test
    void aStatementWhoseTextIsNotAtHandPinsForGood() {
        run("CREATE TEMPORARY TABLE x (id INT)", true, null);
        run("DROP TEMPORARY TABLE x");
        assertThat(pins()).isEqualTo("temporary_table");
    }

    // ---- user locks ----

    @Test
    void aUserLockIsHeldUntilItIsReleasedAsOftenAsItWasTaken() {
        run("SELECT GET_LOCK('a', 1)", "DO GET_LOCK('A', 1)", "SELECT RELEASE_LOCK('a')");
        assertThat(pins()).isEqualTo("user_lock");
        run("DO RELEASE_LOCK('a')");
        assertThat(pins()).isEmpty();
    }

    @Test
    void releasingAnotherLockDoesNotUnpin() {
        run("SELECT GET_LOCK('a', 1)", "SELECT RELEASE_LOCK('b')");
        assertThat(pins()).isEqualTo("user_lock");
    }

    @Test
    void releaseAllLocksReleasesAlsoThoseWhoseNamesAreNotKnown() {
        run("SELECT GET_LOCK(CONCAT('a', 'b'), 1)", "SELECT GET_LOCK('a', 1)", "SELECT RELEASE_LOCK('a')");
        assertThat(pins()).isEqualTo("user_lock");
        run("SELECT RELEASE_ALL_LOCKS()");
        assertThat(pins()).isEmpty();
    }

    @Test
    void aFailedStatementMayHaveTakenItsLock() {
        run("SELECT GET_LOCK('a', 1), no_column", false);
        assertThat(pins()).isEqualTo("user_lock");
    }

    @Test
    void aFailedReleaseDoesNotUnpin() {
        run("SELECT GET_LOCK('a', 1)");
        run("SELECT RELEASE_LOCK('a')", false);
        assertThat(pins()).isEqualTo("user_lock");
    }

    // ---- handlers, statements, roles, global locks ----

    @Test
    void everyOpenHandlerHasToBeClosed() {
        run("HANDLER t OPEN", "HANDLER t OPEN AS h", "HANDLER h CLOSE");
        assertThat(pins()).contains("handler");
        run("HANDLER t CLOSE");
        assertThat(pins()).doesNotContain("handler");
    }

    @Test
    void aTextStatementPinsUntilItIsDeallocated() {
        run("PREPARE s FROM 'SELECT 1'", "PREPARE S FROM 'SELECT 2'", "PREPARE u FROM 'SELECT 3'");
        run("DEALLOCATE PREPARE s");
        assertThat(pins()).isEqualTo("text_prepare");
        run("DROP PREPARE `u`");
        assertThat(pins()).isEmpty();
    }

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
    @CsvSource({"LOCK INSTANCE FOR BACKUP, UNLOCK INSTANCE", "BACKUP STAGE START, BACKUP STAGE END"})
    void theInstanceLockEndsWithItsCounterpart(String takes, String gives) {
        run(takes);
        assertThat(pins()).isEqualTo("instance_lock");
        run(gives);
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

    // ---- slots ----

    @Test
    void whatRanOnAReplicaPinsToTheReplica() {
        slot = Slot.REPLICA;
        run("CREATE TEMPORARY TABLE x (id INT)");
        assertThat(state.pins(Slot.REPLICA)).isEqualTo(PinReason.TEMPORARY_TABLE.bit());
        assertThat(state.pins(Slot.PRIMARY)).isZero();
    }

    @Test
    void aConnectionThatIsGoneTakesItsObjectsWithIt() {
        run("CREATE TEMPORARY TABLE x (id INT)", "SELECT GET_LOCK('a', 1)");
        effects.connectionGone(slot);
        assertThat(pins()).isEmpty();
        run("CREATE TEMPORARY TABLE y (id INT)", "DROP TEMPORARY TABLE y");
        assertThat(pins()).isEmpty();
    }

    @Test
    void theLossOfOneConnectionLeavesTheObjectsOfTheOtherAlone() {
        run("CREATE TEMPORARY TABLE x (id INT)", "SELECT GET_LOCK('a', 1)");
        state.pin(Slot.REPLICA, PinReason.CURSOR, true);
        effects.connectionGone(Slot.REPLICA);
        run("DROP TABLE other", "SELECT RELEASE_LOCK('b')");
        assertThat(pins()).isEqualTo("temporary_table,user_lock");
    }

    @Test
    void temporaryTablesOfTheSameNameInTwoSchemasAreTwo() {
        run("CREATE TEMPORARY TABLE x (id INT)");
        changes.schema("other");
        run("USE other");
        run("CREATE TEMPORARY TABLE x (id INT)", "DROP TEMPORARY TABLE x");
        assertThat(pins()).contains("temporary_table");
    }

    @Test
    void aTemporaryTableThatWasRenamedStillPins() {
        run("CREATE TEMPORARY TABLE x (id INT)", "ALTER TABLE x RENAME TO y", "DROP TEMPORARY TABLE IF EXISTS x");
        assertThat(pins()).contains("temporary_table");
    }
}
