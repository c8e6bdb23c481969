package dev.sluice.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.router.RouteReason;
import dev.sluice.router.Target;
import dev.sluice.router.session.PinReason;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.StatementKind;
import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.GtidPosition;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.OperatorState;
import dev.sluice.router.topology.Role;
import dev.sluice.router.topology.Topology;
import dev.sluice.router.topology.TopologyPolicy;
import dev.sluice.server.backend.BackendFailure;
import dev.sluice.server.backend.BackendFailure.Kind;
import dev.sluice.server.backend.WaitingBudget;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FailuresTest {
    private static Classification statement(Target target, StatementKind kind) {
        return new Classification(target, RouteReason.READ, kind, 0, 0, 0);
    }

    private static BackendStatus backend(int ordinal, Role role, @Nullable String problem) {
        return new BackendStatus(
                ordinal,
                new BackendAddress("db" + ordinal, 3306),
                role,
                Health.ONLINE,
                OperatorState.ACTIVE,
                1,
                null,
                Duration.ZERO,
                GtidPosition.UNKNOWN,
                null,
                problem);
    }

    private static BackendStatus with(Health health, OperatorState state, @Nullable String problem) {
        return new BackendStatus(
                0,
                new BackendAddress("db0", 3306),
                Role.UNKNOWN,
                health,
                state,
                1,
                null,
                null,
                GtidPosition.UNKNOWN,
                null,
                problem);
    }

    private static Topology withoutPrimary(BackendStatus... backends) {
        return Topology.of(1, List.of(backends), -1, TopologyPolicy.DEFAULT);
    }

    @Test
    void aMissingPrimaryNamesEveryBackendAndWhyItIsNone() {
        Topology topology = withoutPrimary(
                with(Health.UNREACHABLE, OperatorState.ACTIVE, "Connection refused"),
                backend(1, Role.REPLICA, null),
                backend(2, Role.REPLICA, "read-only, but does not replicate"));
        ErrPacket error = Failures.noPrimary(topology, null, Failures.waited(10_040_000_000L));
        assertThat(error.code()).isEqualTo(1105);
        assertThat(error.sqlState()).isEqualTo("08S01");
        assertThat(error.message())
                .isEqualTo("No primary for this statement: db0:3306 does not answer (Connection refused), db1:3306 is a"
                        + " replica, db2:3306 is a replica (read-only, but does not replicate); waited 10.0 s"
                        + " (pool.primary-timeout)");
    }

    @Test
    void everyOtherReasonForNotBeingThePrimaryHasItsWords() {
        assertThat(Failures.noPrimary(withoutPrimary(with(Health.ONLINE, OperatorState.DRAINED, null)), null, "x")
                        .message())
                .contains("db0:3306 is taken out of use by an operator;");
        assertThat(Failures.noPrimary(withoutPrimary(with(Health.UNPROBED, OperatorState.ACTIVE, null)), null, "x")
                        .message())
                .contains("db0:3306 has not been probed yet;");
        assertThat(Failures.noPrimary(withoutPrimary(with(Health.BROKEN, OperatorState.ACTIVE, "1045")), null, "x")
                        .message())
                .contains("db0:3306 answers nothing useful (1045);");
        assertThat(Failures.noPrimary(Topology.EMPTY, null, "x").message()).contains("there is no backend");
    }

    @Test
    void aPrimaryThatTookNoConnectionIsNamedWithItsReason() {
        Topology topology = Topology.of(1, List.of(backend(0, Role.PRIMARY, null)), 0, TopologyPolicy.DEFAULT);
        ErrPacket error = Failures.noPrimary(
                topology,
                BackendFailure.of(Kind.UNREACHABLE, "cannot connect to db0:3306: Connection refused"),
                Failures.waited(2_000_000_000L));
        assertThat(error.message())
                .isEqualTo("No primary for this statement: db0:3306 is the primary but takes no connection; last"
                        + " attempt: cannot connect to db0:3306: Connection refused; waited 2.0 s"
                        + " (pool.primary-timeout)");
    }

    @Test
    void theMessageStaysReadableWithManyTalkativeBackends() {
        List<BackendStatus> many = IntStream.range(0, 64)
                .mapToObj(ordinal -> backend(ordinal, Role.REPLICA, "x".repeat(5_000)))
                .toList();
        String message = Failures.noPrimary(Topology.of(1, many, -1, TopologyPolicy.DEFAULT), null, "waited")
                .message();
        assertThat(message).hasSizeLessThan(2_000).contains("56 more are none either; waited");
    }

    @Test
    void aServersOwnErrorIsPassedOn() {
        ErrPacket own = new ErrPacket(1040, "08004", "Too many connections");
        assertThat(Failures.notAcquired(new BackendFailure(Kind.REFUSED, "refused", own)))
                .isSameAs(own);
        assertThat(Failures.notAcquired(BackendFailure.of(Kind.UNREACHABLE, "cannot connect to db0:3306"))
                        .message())
                .isEqualTo("No backend connection for this statement: cannot connect to db0:3306");
    }

    @Test
    void aLostCommitIsToldToBeUnknown() {
        ErrPacket error =
                Failures.lostConnection("gone", statement(Target.PRIMARY, StatementKind.COMMIT), Loss.TRANSACTION);
        assertThat(error.sqlState()).isEqualTo("08S01");
        assertThat(error.message()).contains("COMMIT", "unknown", "gone");
    }

    @Test
    void aTransactionThatIsLostMayBeRunAgain() {
        ErrPacket error =
                Failures.lostConnection("gone", statement(Target.PRIMARY, StatementKind.UPDATE), Loss.TRANSACTION);
        assertThat(error.sqlState()).isEqualTo("40001");
        assertThat(Failures.stateLost("", true, "gone").sqlState()).isEqualTo("40001");
    }

    @ParameterizedTest
    @EnumSource(names = {"DDL", "XA", "SET", "BEGIN", "START_TRANSACTION", "LOCK_TABLES", "ACCOUNT", "CALL", "EXECUTE"})
    void whatMayCommitInATransactionIsNoneToBeRunAgain(StatementKind kind) {
        ErrPacket error = Failures.lostConnection("gone", statement(Target.PRIMARY, kind), Loss.TRANSACTION);
        assertThat(error.sqlState()).isEqualTo("08S01");
        assertThat(error.message()).contains("unknown");
    }

    @Test
    void aWriteOfAPinnedSessionMayHaveHappenedAndIsNoTransactionToBeRunAgain() {
        ErrPacket error = Failures.lostConnection("gone", statement(Target.PRIMARY, StatementKind.INSERT), Loss.STATE);
        assertThat(error.sqlState()).isEqualTo("08S01");
        assertThat(error.message()).contains("may or may not have been executed", "state");
    }

    @Test
    void aLostWriteMayHaveHappenedAndALostReadHasNoAnswer() {
        assertThat(Failures.lostConnection("gone", statement(Target.PRIMARY, StatementKind.UPDATE), Loss.NOTHING)
                        .message())
                .contains("may or may not have been executed", "gone");
        assertThat(Failures.lostConnection("gone", statement(Target.REPLICA, StatementKind.SELECT), Loss.NOTHING)
                        .message())
                .contains("no other backend could answer", "gone");
    }

    @Test
    void lostStateIsNamed() {
        ErrPacket error = Failures.stateLost("temporary_table", false, "gone");
        assertThat(error.sqlState()).isEqualTo("08S01");
        assertThat(error.message()).contains("temporary_table", "gone");
    }

    @Test
    void aRefusalSaysWhatPinsToTheReplica() {
        ErrPacket error = Failures.pinnedToReplica(PinReason.TEMPORARY_TABLE.bit() | PinReason.USER_LOCK.bit());
        assertThat(error.sqlState()).isEqualTo("HY000");
        assertThat(error.message()).contains("primary", "replica", "(temporary_table,user_lock)");
    }

    @Test
    void aFullQueueSaysSoWithItsBoundsAndWithWhatIsKnownOfTheBackends() {
        WaitingBudget budget = new WaitingBudget(7, 1_000);
        assertThat(budget.tryEnter("app", 40)).isTrue();
        ErrPacket error = Failures.noPrimary(withoutPrimary(backend(0, Role.REPLICA, null)), null, budget.full("app"));
        assertThat(error.sqlState()).isEqualTo("08S01");
        assertThat(error.message())
                .isEqualTo("No primary for this statement: db0:3306 is a replica; the queue of waiting statements is"
                        + " full: 1 wait with 40 bytes, and the bounds are 7 statements (pool.waiting-max) and 1000"
                        + " bytes (pool.waiting-bytes-max)");
    }

    @Test
    void aClosedGateIsNamedInsteadOfTheBackends() {
        ErrPacket error = Failures.heldBack("Sluice is paused by an operator", Failures.waited(300_000_000L));
        assertThat(error.sqlState()).isEqualTo("08S01");
        assertThat(error.message())
                .isEqualTo("This statement was not begun: Sluice is paused by an operator; waited 0.3 s"
                        + " (pool.primary-timeout)");
    }
}
