package dev.sluice.router.session;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the servers' reports change, and on which connection. */
class StatementEffectsTest extends EffectsFixture {
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
    @ValueSource(strings = {"statement_id", "last_gtid", "warning_count", "error_count", "in_transaction"})
    void aVariableThatFollowsFromOtherStateIsIgnored(String name) {
        StateVector before = state.vector();
        changes.systemVariable(name, "5");
        run("SET sort_buffer_size = 1");
        assertThat(state.vector()).isSameAs(before);
        assertThat(pins()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"character_set_database", "collation_database"})
    void whatFollowsFromTheSchemaPinsOnlyIfItIsSetByItself(String name) {
        changes.systemVariable(name, "latin1");
        changes.schema("other");
        changes.stateChange();
        run("USE other");
        assertThat(pins()).isEmpty();
        changes.systemVariable(name, "latin1");
        changes.stateChange();
        run("SET character_set_database = latin1");
        assertThat(pins()).isEqualTo("non_replayable_variable");
        assertThat(state.vector().get(name)).isNull();
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
            strings = {"SELECT /*+ SET_VAR(sort_buffer_size=1) */ 1", "SET STATEMENT sort_buffer_size = 1 FOR SELECT 1"
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
                "SET @a = 1 + 1 | user_variable",
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

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT /*+ SET_VAR(sort_buffer_size=1) */ 1",
                "SELECT /*+ SET_VAR(sort_buffer_size = 1) SET_VAR(optimizer_switch='mrr=off') */ 1",
                "SELECT /*+ set_var ( `Sort_Buffer_Size` = 1) */ 1",
                "SET STATEMENT sort_buffer_size = 1 FOR SELECT 1",
                "SET STATEMENT sort_buffer_size = (SELECT 1), `optimizer_switch`='x' FOR SELECT 1"
            })
    void theReportsOfOtherVariablesCount(String sql) {
        changes.systemVariable("sort_buffer_size", "32768");
        changes.systemVariable("optimizer_switch", "mrr=on");
        changes.systemVariable("time_zone", "UTC");
        changes.stateChange();
        run(sql);
        assertThat(state.vector().get("sort_buffer_size")).isNull();
        assertThat(state.vector().get("time_zone")).isEqualTo("UTC");
        assertThat(pins()).isEmpty();
    }

    @Test
    void behindAWriteWithAHintAStateChangeMayBeATriggers() {
        changes.systemVariable("sort_buffer_size", "32768");
        changes.stateChange();
        run("UPDATE /*+ SET_VAR(sort_buffer_size=1) */ t SET v = 1");
        assertThat(state.vector().get("sort_buffer_size")).isNull();
        assertThat(pins()).isEqualTo("unreported_change");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT /*+ SET_VAR(sort_buffer_size=1) SET_VAR(optimizer_switch='a\\'b') */ 1",
                "SELECT /*+ SET_VAR(@@sort_buffer_size=1) */ 1",
                "SELECT /*! /*+ SET_VAR(sort_buffer_size=1) */ 1",
                "SELECT /*+ SET_VAR(insert_id=1 */ 1",
                "SET /*+ SET_VAR(sort_buffer_size=1) */ sort_buffer_size = 32768"
            })
    void whereTheNamesAreNotCertainTheSessionStays(String sql) {
        StateVector before = state.vector();
        changes.systemVariable("sort_buffer_size", "32768");
        changes.stateChange();
        run(sql);
        assertThat(pins()).isEqualTo("unreported_change");
        assertThat(state.vector()).isSameAs(before);
    }

    @Test
    void whatIsRestoredUnderAnotherNameIsNotTakenForSomethingElse() {
        StateVector before = state.vector();
        changes.systemVariable("character_set_connection", "latin1_bin");
        changes.stateChange();
        run("SET STATEMENT collation_connection = latin1_bin FOR SELECT 1");
        assertThat(state.vector()).isSameAs(before);
        assertThat(pins()).isEqualTo("unreported_change");
    }
}
