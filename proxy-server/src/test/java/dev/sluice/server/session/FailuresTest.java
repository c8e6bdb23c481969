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
import java.time.Duration;
import java.util.List;
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

    @Test
    void aMissingPrimaryNamesEveryBackendAndWhatItIs() {
        Topology topology = Topology.of(
                1,
                List.of(backend(0, Role.REPLICA, "super_read_only is on"), backend(1, Role.REPLICA, null)),
                -1,
                TopologyPolicy.DEFAULT);
        ErrPacket error = Failures.noPrimary(topology, Duration.ofSeconds(3), null);
        assertThat(error.sqlState()).isEqualTo("08S01");
        assertThat(error.message())
                .isEqualTo("No primary for 3000 ms, which this statement needs. db0:3306: super_read_only is on."
                        + " db1:3306: REPLICA.");
    }

    @Test
    void aPrimaryThatTookNoConnectionIsNamedWithItsReason() {
        ErrPacket error = Failures.noPrimary(
                Topology.EMPTY,
                Duration.ofSeconds(3),
                BackendFailure.of(Kind.UNREACHABLE, "cannot connect to db0:3306: Connection refused"));
        assertThat(error.message())
                .isEqualTo(
                        "No primary for 3000 ms, which this statement needs. Last attempt: cannot connect to db0:3306:"
                                + " Connection refused.");
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
    void aFullQueueNamesTheSetting() {
        assertThat(Failures.tooManyWaiting(7).message()).contains("7", "pool.waiting-max");
    }
}
