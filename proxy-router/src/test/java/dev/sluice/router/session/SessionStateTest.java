package dev.sluice.router.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.sluice.router.sql.LexicalCharset;
import dev.sluice.router.sql.LexicalMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SessionStateTest {
    private static final StateVector LOGIN = StateVector.empty().with(StateVector.CHARACTER_SET_CLIENT, "utf8mb4");

    private final SessionState state = new SessionState(LOGIN, "STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION");

    private void set(String name, String value) {
        state.vector(state.vector().with(name, value));
    }

    @Test
    void aNewSessionIsFree() {
        assertThat(state.inTransaction()).isFalse();
        assertThat(state.pins()).isZero();
        assertThat(state.tiedTo(Slot.PRIMARY)).isFalse();
        assertThat(state.tiedTo(Slot.REPLICA)).isFalse();
        assertThat(state.lexicalMode()).isEqualTo(LexicalMode.DEFAULT);
    }

    @Test
    void theLexicalModeFollowsTheSqlMode() {
        set("sql_mode", "ANSI_QUOTES,NO_BACKSLASH_ESCAPES");
        assertThat(state.lexicalMode()).isEqualTo(LexicalMode.of(true, true, false, LexicalCharset.UTF8));
        set("sql_mode", "REAL_AS_FLOAT,PIPES_AS_CONCAT,ANSI_QUOTES,IGNORE_SPACE,ANSI");
        assertThat(state.lexicalMode()).isEqualTo(LexicalMode.of(true, false, true, LexicalCharset.UTF8));
        set("sql_mode", "");
        assertThat(state.lexicalMode()).isEqualTo(LexicalMode.DEFAULT);
    }

    @Test
    void aModeWhoseNameOnlyContainsAnotherOneDoesNotCount() {
        set("sql_mode", "NO_ANSI_QUOTES,IGNORE_SPACES");
        assertThat(state.lexicalMode()).isEqualTo(LexicalMode.DEFAULT);
    }

    @Test
    void theServersDefaultSqlModeCountsUntilTheSessionSetsItsOwn() {
        SessionState ansi = new SessionState(LOGIN, "IGNORE_SPACE,ANSI_QUOTES");
        assertThat(ansi.lexicalMode()).isEqualTo(LexicalMode.of(true, false, true, LexicalCharset.UTF8));
        ansi.vector(LOGIN.with("sql_mode", "STRICT_TRANS_TABLES"));
        assertThat(ansi.lexicalMode()).isEqualTo(LexicalMode.DEFAULT);
        ansi.vector(LOGIN);
        assertThat(ansi.lexicalMode().ansiQuotes()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"gbk, GBK", "sjis, SJIS", "latin1, SINGLE_BYTE_OR_UTF8", "utf8mb3, UTF8", "utf16, UNKNOWN"})
    void theLexicalModeFollowsTheClientsCharacterSet(String charset, LexicalCharset expected) {
        set(StateVector.CHARACTER_SET_CLIENT, charset);
        assertThat(state.lexicalMode().charset()).isEqualTo(expected);
    }

    @Test
    void aVectorWithoutACharacterSetIsRefused() {
        assertThatNullPointerException().isThrownBy(() -> new SessionState(StateVector.empty(), ""));
    }

    @Test
    void aStatusWithTheTransactionFlagTiesTheSessionToItsSlot() {
        state.observeTransaction(Slot.REPLICA, true, true);
        assertThat(state.transactionSlot()).isEqualTo(Slot.REPLICA);
        assertThat(state.inReadOnlyTransaction()).isTrue();
        assertThat(state.tiedTo(Slot.REPLICA)).isTrue();
        assertThat(state.tiedTo(Slot.PRIMARY)).isFalse();
    }

    @Test
    void aStatusWithoutTheFlagEndsTheTransactionOfItsOwnSlotOnly() {
        state.observeTransaction(Slot.PRIMARY, true, false);
        assertThat(state.inReadOnlyTransaction()).isFalse();
        state.observeTransaction(Slot.REPLICA, false, false);
        assertThat(state.inTransaction()).isTrue();
        state.observeTransaction(Slot.PRIMARY, false, false);
        assertThat(state.inTransaction()).isFalse();
    }

    @Test
    void aReadOnlyTransactionThatIsFollowedByAReadWriteOneIsNotReadOnlyAnyMore() {
        state.observeTransaction(Slot.PRIMARY, true, true);
        state.observeTransaction(Slot.PRIMARY, true, false);
        assertThat(state.inTransaction()).isTrue();
        assertThat(state.inReadOnlyTransaction()).isFalse();
    }

    @Test
    void pinsAreKeptApartBySlotAndReason() {
        state.pin(Slot.PRIMARY, PinReason.USER_LOCK, true);
        state.pin(Slot.PRIMARY, PinReason.TEMPORARY_TABLE, true);
        state.pin(Slot.REPLICA, PinReason.CURSOR, true);
        assertThat(state.pins(Slot.PRIMARY)).isEqualTo(PinReason.USER_LOCK.bit() | PinReason.TEMPORARY_TABLE.bit());
        assertThat(state.pins(Slot.REPLICA)).isEqualTo(PinReason.CURSOR.bit());
        assertThat(PinReason.describe(state.pins())).isEqualTo("temporary_table,user_lock,cursor");
        state.pin(Slot.PRIMARY, PinReason.USER_LOCK, false);
        state.pin(Slot.PRIMARY, PinReason.CURSOR, false);
        assertThat(state.pins(Slot.PRIMARY)).isEqualTo(PinReason.TEMPORARY_TABLE.bit());
        assertThat(state.tiedTo(Slot.REPLICA)).isTrue();
    }

    @Test
    void aConnectionThatIsGoneTakesItsTransactionAndPinsAndLeavesTheOtherSlotsAlone() {
        state.observeTransaction(Slot.PRIMARY, true, false);
        state.pin(Slot.PRIMARY, PinReason.USER_VARIABLE, true);
        state.pin(Slot.REPLICA, PinReason.CURSOR, true);
        state.connectionGone(Slot.PRIMARY);
        assertThat(state.inTransaction()).isFalse();
        assertThat(state.pins(Slot.PRIMARY)).isZero();
        assertThat(state.pins(Slot.REPLICA)).isEqualTo(PinReason.CURSOR.bit());
        state.observeTransaction(Slot.PRIMARY, true, true);
        state.connectionGone(Slot.REPLICA);
        assertThat(state.inReadOnlyTransaction()).isTrue();
        assertThat(state.pins()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"mysql", "performance_schema", "sys", "information_schema", "INFORMATION_SCHEMA", "Sys"})
    void schemasWhoseContentsDifferBetweenServersAreServerSchemas(String schema) {
        state.vector(state.vector().withSchema(schema));
        assertThat(state.inServerSchema()).isTrue();
        state.vector(state.vector().withSchema("sysadmin"));
        assertThat(state.inServerSchema()).isFalse();
        assertThat(new SessionState(LOGIN.withSchema(schema), "").inServerSchema())
                .isTrue();
    }

    @Test
    void noSchemaIsNoServerSchema() {
        state.vector(state.vector().withSchema("sys"));
        state.vector(state.vector().withSchema(null));
        assertThat(state.inServerSchema()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "transaction_isolation, SERIALIZABLE, true",
        "tx_isolation, SERIALIZABLE, true",
        "transaction_isolation, REPEATABLE-READ, false"
    })
    void serializableIsReadUnderBothNamesOfTheVariable(String name, String value, boolean expected) {
        assertThat(state.serializable()).isFalse();
        set(name, value);
        assertThat(state.serializable()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"transaction_read_only, ON, true", "tx_read_only, ON, true", "transaction_read_only, OFF, false"})
    void readOnlyByDefaultIsReadUnderBothNamesOfTheVariable(String name, String value, boolean expected) {
        assertThat(state.readOnlyByDefault()).isFalse();
        set(name, value);
        assertThat(state.readOnlyByDefault()).isEqualTo(expected);
    }

    @Test
    void autocommitIsOffOnlyWhenTheServerSaidSo() {
        assertThat(state.autocommitOff()).isFalse();
        set("autocommit", "OFF");
        assertThat(state.autocommitOff()).isTrue();
        set("autocommit", "ON");
        assertThat(state.autocommitOff()).isFalse();
    }
}
