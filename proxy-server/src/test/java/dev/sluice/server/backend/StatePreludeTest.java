package dev.sluice.server.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.session.StateVector;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StatePreludeTest {
    private static final StateVector EMPTY = StateVector.empty();
    private static final String TRACKERS = "SET SESSION session_track_system_variables='*',session_track_schema=ON,"
            + "session_track_state_change=ON,session_track_transaction_info='CHARACTERISTICS'";

    private final FakeBackend backend = new FakeBackend();
    private final BackendConnection connection = backend.connection();

    @AfterEach
    void close() {
        backend.close();
    }

    private int write(StateVector wanted) {
        return StatePrelude.write(connection, wanted, false, new Receiver("prelude", null));
    }

    /** What was sent: the code of each command in hexadecimal, then its argument. */
    private List<String> sent() {
        connection.flush();
        return backend.commands();
    }

    @Test
    void aConnectionInTheWantedStateNeedsNothing() {
        connection.trackers(BackendConnection.Trackers.ON);
        connection.vector(EMPTY.withSchema("test").with("a", "1"));
        assertThat(write(EMPTY.withSchema("test").with("a", "1"))).isZero();
        assertThat(sent()).isEmpty();
        assertThat(connection.isQuiet()).isTrue();
    }

    @Test
    void theTrackersComeFirstOnANewConnection() {
        assertThat(write(EMPTY)).isEqualTo(1);
        assertThat(sent()).containsExactly("03 " + TRACKERS + ",session_track_gtids='OWN_GTID'");
        assertThat(connection.trackersOn()).isTrue();
    }

    @Test
    void mariaDbHasNoTrackerForGtids() {
        assertThat(StatePrelude.write(connection, EMPTY, true, new Receiver("prelude", null)))
                .isEqualTo(1);
        assertThat(sent()).containsExactly("03 " + TRACKERS);
    }

    @Test
    void aVariableThatTheSessionHasAtItsDefaultTakesAReset() {
        connection.trackers(BackendConnection.Trackers.ON);
        connection.vector(EMPTY.withSchema("test").with("a", "1").with("b", "2"));
        connection
                .statements()
                .add(new StatementHandles.Text(TextDigest.of(new byte[0]), EMPTY, 0), new StatementHandles.Handle(1));
        StateVector wanted = EMPTY.withSchema("test").with("b", "2");
        assertThat(StatePrelude.needsReset(connection, wanted)).isTrue();
        assertThat(write(wanted)).isEqualTo(3);
        assertThat(sent())
                .containsExactly("1f ", "03 " + TRACKERS + ",session_track_gtids='OWN_GTID'", "03 SET SESSION `b`=2");
        assertThat(connection.vector()).isSameAs(wanted);
        assertThat(connection.statements().find(new StatementHandles.Text(TextDigest.of(new byte[0]), EMPTY, 0)))
                .isNull();
    }

    @Test
    void theStepsComeInTheOrderResetTrackersSchemaOptionVariables() {
        connection.vector(EMPTY.withMultiStatements(true).withSchema("old").with("gone", "1"));
        StateVector wanted = EMPTY.withSchema("néw").with("sql_mode", "ANSI").with("autocommit", "OFF");
        assertThat(write(wanted)).isEqualTo(5);
        assertThat(sent())
                .containsExactly(
                        "1f ",
                        "03 " + TRACKERS + ",session_track_gtids='OWN_GTID'",
                        "02 néw",
                        "1b \u0001\u0000",
                        "03 SET SESSION `autocommit`='OFF',SESSION `sql_mode`='ANSI'");
    }

    @Test
    void severalStatementsAreAllowedByOptionZero() {
        connection.trackers(BackendConnection.Trackers.ON);
        assertThat(write(EMPTY.withMultiStatements(true))).isEqualTo(1);
        assertThat(sent()).containsExactly("1b \u0000\u0000");
    }

    @Test
    void theBytesOfACommandAreItsLengthSequenceIdZeroAndItsText() {
        connection.trackers(BackendConnection.Trackers.ON);
        write(EMPTY.withSchema("ab"));
        connection.flush();
        assertThat(backend.hexSent()).isEqualTo("03000000" + "02" + "6162");
    }

    @Test
    void onlyVariablesThatDifferAreSet() {
        StateVector from = EMPTY.with("a", "1").with("b", "2");
        assertThat(StatePrelude.assignments(
                        from, EMPTY.with("a", "1").with("b", "3").with("c", "x")))
                .isEqualTo("SET SESSION `b`=3,SESSION `c`='x'");
        assertThat(StatePrelude.assignments(from, from)).isEmpty();
    }

    @Test
    void namesAreSetForTheCollationOfResultsAndWhatTheySetBesidesIsSetBehindThem() {
        StateVector from = EMPTY.with("character_set_client", "latin1")
                .with("character_set_results", "latin1")
                .with("collation_connection", "latin1_swedish_ci");
        StateVector to = from.withCollationOfResults("latin1_german1_ci");
        assertThat(StatePrelude.assignments(from, to))
                .isEqualTo("SET NAMES latin1 COLLATE latin1_german1_ci,SESSION `character_set_client`='latin1',"
                        + "SESSION `collation_connection`='latin1_swedish_ci'");
        assertThat(StatePrelude.assignments(to, to)).isEmpty();
        assertThat(StatePrelude.assignments(to, from)).isEqualTo("SET SESSION `character_set_results`='latin1'");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "a | 5 | 5",
                "a | -1.50 | -1.50",
                "a | +00:00 | '+00:00'",
                "a | 1e5 | '1e5'",
                "a | 18446744073709551615 | 18446744073709551615",
                "a | it's | 'it''s'",
                "a | ''; DROP | '''''; DROP'",
                "a | \"\" | ''",
                "character_set_results | \"\" | NULL",
                "character_set_results | latin1 | 'latin1'",
                "innodb_tmpdir | \"\" | NULL",
                "innodb_tmpdir | /tmp | '/tmp'",
                "system_versioning_asof | DEFAULT | DEFAULT",
                "sql_mode | DEFAULT | 'DEFAULT'"
            })
    void aValueIsANumberAStringWithDoubledQuotesOrNull(String name, String value, String expected) {
        assertThat(StatePrelude.assignments(EMPTY, EMPTY.with(name, value)))
                .isEqualTo("SET SESSION `" + name + "`=" + expected);
    }

    @Test
    void aSelectedSchemaCannotBeUnselected() {
        assertThat(StatePrelude.canReach(connection, EMPTY)).isTrue();
        connection.vector(EMPTY.withSchema("test"));
        assertThat(StatePrelude.canReach(connection, EMPTY)).isFalse();
        assertThat(StatePrelude.canReach(connection, EMPTY.withSchema("other"))).isTrue();
    }

    @Test
    void aResetAloneKeepsTheSchemaAndAsksForTheTrackersAgain() {
        connection.trackers(BackendConnection.Trackers.ON);
        connection.vector(EMPTY.withSchema("test").with("a", "1"));
        assertThat(StatePrelude.writeResetOnly(connection, true, new Receiver("reset", null)))
                .isEqualTo(2);
        assertThat(sent()).containsExactly("1f ", "03 " + TRACKERS);
        assertThat(connection.vector()).isEqualTo(EMPTY.withSchema("test"));
        assertThat(connection.trackersOn()).isTrue();
    }
}
