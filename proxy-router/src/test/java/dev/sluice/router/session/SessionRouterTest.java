package dev.sluice.router.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.balance.Balancer;
import dev.sluice.router.topology.Topology;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SessionRouterTest {
    /**
     * Where each kind of statement runs in each situation: P is the primary's slot, R the replica's, X a refusal; then the
     * reason. The situations are those of {@link #arrange}.
     */
    private static final String TABLE = """
            situation                | read                  | locking read          | write                 | BEGIN                 | START READ ONLY       | diagnostics           | multi
            free                     | R read                | P locking_read        | P write               | P transaction_control | R begin_read_only     | P server_statement    | P multi_statement
            in transaction           | P in_transaction      | P in_transaction      | P in_transaction      | P in_transaction      | P in_transaction      | P in_transaction      | P in_transaction
            read-only on replica     | R read_only_transaction | R read_only_transaction | R read_only_transaction | R read_only_transaction | R read_only_transaction | R read_only_transaction | R read_only_transaction
            read-only on primary     | P read_only_transaction | P read_only_transaction | P read_only_transaction | P read_only_transaction | P read_only_transaction | P read_only_transaction | P read_only_transaction
            pinned to primary        | P pinned              | P pinned              | P pinned              | P pinned              | P pinned              | P pinned              | P pinned
            pinned to replica        | R pinned              | X pinned              | X pinned              | X pinned              | R pinned              | R pinned              | X pinned
            autocommit off           | P autocommit_off      | P locking_read        | P write               | P transaction_control | R begin_read_only     | P server_statement    | P multi_statement
            serializable             | P serializable        | P locking_read        | P write               | P transaction_control | R begin_read_only     | P server_statement    | P multi_statement
            read-only by default     | R read                | P locking_read        | P write               | R begin_read_only     | R begin_read_only     | P server_statement    | P multi_statement
            read-only, autocommit off | R begin_read_only    | P locking_read        | P write               | R begin_read_only     | R begin_read_only     | P server_statement    | P multi_statement
            read-only, serializable, autocommit off | P autocommit_off | P locking_read | P write              | R begin_read_only     | R begin_read_only     | P server_statement    | P multi_statement
            splitting off            | P splitting_off       | P locking_read        | P write               | P transaction_control | P begin_read_only     | P server_statement    | P multi_statement
            server schema            | P server_statement    | P locking_read        | P write               | P transaction_control | R begin_read_only     | P server_statement    | P multi_statement
            no replica               | P no_replica          | P locking_read        | P write               | P transaction_control | P begin_read_only     | P server_statement    | P multi_statement
            replica behind           | P replica_behind      | P locking_read        | P write               | P transaction_control | P begin_read_only     | P server_statement    | P multi_statement
            wrote without position   | P replica_behind      | P locking_read        | P write               | P transaction_control | P begin_read_only     | P server_statement    | P multi_statement
            replicas excluded        | P no_replica          | P locking_read        | P write               | P transaction_control | P begin_read_only     | P server_statement    | P multi_statement
            cursor on replica        | R read                | P locking_read        | P write               | P transaction_control | R begin_read_only     | P server_statement    | P multi_statement
            cursor on primary        | R read                | P locking_read        | P write               | P transaction_control | P begin_read_only     | P server_statement    | P multi_statement
            long data on primary     | R read                | P locking_read        | P write               | P transaction_control | P begin_read_only     | P server_statement    | P multi_statement
            last statement on replica | R read               | P locking_read        | P write               | P transaction_control | R begin_read_only     | R last_statement      | P multi_statement
            last statement on primary | R read               | P locking_read        | P write               | P transaction_control | R begin_read_only     | P last_statement      | P multi_statement
            """;

    private static final List<String> STATEMENTS = List.of(
            "SELECT v FROM t WHERE id = 1",
            "SELECT v FROM t WHERE id = 1 FOR UPDATE",
            "UPDATE t SET v = 1",
            "BEGIN",
            "START TRANSACTION READ ONLY",
            "SHOW WARNINGS",
            "SELECT 1; SELECT 2");

    private final SessionState state = new SessionState(
            StateVector.empty()
                    .with(StateVector.CHARACTER_SET_CLIENT, "utf8mb4")
                    .withSchema("test"),
            "");
    private final CausalityTracker causality = Topologies.tracker(Duration.ofSeconds(1));
    private final Held held = new Held();
    private final Balancer firstEligible = (topology, eligible, load, key) ->
            eligible == 0 ? SessionRouter.NO_BACKEND : Long.numberOfTrailingZeros(eligible);
    private SessionRouter router = new SessionRouter(firstEligible, ordinal -> 0, true);
    private Topology topology = Topologies.withReplicas(2);

    static Stream<Arguments> decisions() {
        List<Arguments> all = new ArrayList<>();
        TABLE.lines().skip(1).forEach(line -> {
            String[] cells = line.split("\\|", -1);
            for (int i = 0; i < STATEMENTS.size(); i++) {
                String[] expected = cells[i + 1].strip().split(" ", 2);
                all.add(Arguments.of(cells[0].strip(), STATEMENTS.get(i), expected[0], expected[1]));
            }
        });
        return all.stream();
    }

    private void set(String name, String value) {
        state.vector(state.vector().with(name, value));
    }

    private void arrange(String situation) {
        switch (situation) {
            case "free" -> assertThat(state.pins()).isZero();
            case "in transaction" -> state.observeTransaction(Slot.PRIMARY, true, false);
            case "read-only on replica" -> state.observeTransaction(Slot.REPLICA, true, true);
            case "read-only on primary" -> state.observeTransaction(Slot.PRIMARY, true, true);
            case "pinned to primary" -> state.pin(Slot.PRIMARY, PinReason.USER_LOCK, true);
            case "pinned to replica" -> state.pin(Slot.REPLICA, PinReason.TEMPORARY_TABLE, true);
            case "autocommit off" -> set("autocommit", "OFF");
            case "serializable" -> set("transaction_isolation", "SERIALIZABLE");
            case "read-only by default" -> set("transaction_read_only", "ON");
            case "read-only, autocommit off" -> {
                set("transaction_read_only", "ON");
                set("autocommit", "OFF");
            }
            case "read-only, serializable, autocommit off" -> {
                set("tx_read_only", "ON");
                set("tx_isolation", "SERIALIZABLE");
                set("autocommit", "OFF");
            }
            case "splitting off" -> router = new SessionRouter(firstEligible, ordinal -> 0, false);
            case "server schema" -> state.vector(state.vector().withSchema("performance_schema"));
            case "no replica" -> topology = Topologies.withReplicas(0);
            case "replica behind" -> causality.wrote(Topologies.position("6"), Topologies.withReplicas(2), 0);
            case "wrote without position" -> causality.wroteWithoutPosition(0);
            case "replicas excluded" -> held.excluded = 0b110;
            default -> arrangeNarrowPin(situation);
        }
    }

    private void arrangeNarrowPin(String situation) {
        switch (situation) {
            case "cursor on replica" -> state.pin(Slot.REPLICA, PinReason.CURSOR, true);
            case "cursor on primary" -> state.pin(Slot.PRIMARY, PinReason.CURSOR, true);
            case "long data on primary" -> state.pin(Slot.PRIMARY, PinReason.LONG_DATA, true);
            case "last statement on replica" -> {
                state.pin(Slot.REPLICA, PinReason.LAST_STATEMENT, true);
                held.lastStatement = Slot.REPLICA;
            }
            case "last statement on primary" -> {
                state.pin(Slot.PRIMARY, PinReason.LAST_STATEMENT, true);
                held.lastStatement = Slot.PRIMARY;
            }
            default -> throw new IllegalArgumentException("no situation is called " + situation);
        }
    }

    private void route(String sql) {
        router.route(Statements.of(sql), state, topology, causality, held);
    }

    @ParameterizedTest(name = "{0}: {1} goes to {2} because of {3}")
    @MethodSource("decisions")
    void aStatementGoesWhereTheDecisionTableSays(String situation, String sql, String where, String reason) {
        arrange(situation);
        route(sql);
        String slot = router.slot() == Slot.PRIMARY ? "P" : "R";
        assertThat((router.isRefused() ? "X" : slot) + " " + router.reason().label())
                .isEqualTo(where + " " + reason);
    }

    @Test
    void aReplicaThatIsExcludedIsNotChosen() {
        route("SELECT 1");
        assertThat(router.ordinal()).isEqualTo(1);
        held.excluded = 0b010;
        route("SELECT 1");
        assertThat(router.ordinal()).isEqualTo(2);
    }

    @Test
    void theReplicaThatIsHeldIsPreferredToTheBalancersChoice() {
        held.replica = 2;
        route("SELECT 1");
        assertThat(router.ordinal()).isEqualTo(2);
    }

    @Test
    void aHeldReplicaThatIsExcludedIsNotPreferred() {
        held.replica = 2;
        held.excluded = 0b100;
        route("SELECT 1");
        assertThat(router.ordinal()).isEqualTo(1);
    }

    @Test
    void whatIsTiedStaysOnTheBackendThatIsHeldEvenIfItIsNotThePrimaryAnyMore() {
        state.observeTransaction(Slot.PRIMARY, true, false);
        held.primary = 2;
        route("UPDATE t SET v = 1");
        assertThat(router.ordinal()).isEqualTo(2);
    }

    @Test
    void withoutAPrimaryAWriteHasNoBackend() {
        topology = Topology.EMPTY;
        route("UPDATE t SET v = 1");
        assertThat(router.slot()).isEqualTo(Slot.PRIMARY);
        assertThat(router.ordinal()).isEqualTo(SessionRouter.NO_BACKEND);
    }

    @Test
    void theWindowAfterAWriteWithoutPositionEndsByTheClockOfTheContext() {
        causality.wroteWithoutPosition(0);
        held.nowNanos = 1_000_000_000;
        route("SELECT 1");
        assertThat(router.slot()).isEqualTo(Slot.REPLICA);
    }

    @Test
    void aTransactionIsStrongerThanAPin() {
        state.pin(Slot.REPLICA, PinReason.TEMPORARY_TABLE, true);
        state.observeTransaction(Slot.PRIMARY, true, false);
        route("SELECT 1");
        assertThat(router.slot()).isEqualTo(Slot.PRIMARY);
        assertThat(router.isRefused()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "COMMIT",
                "ROLLBACK",
                "DROP TEMPORARY TABLE x",
                "UNLOCK TABLES",
                "DEALLOCATE PREPARE s",
                "SELECT RELEASE_LOCK('a')",
                "HANDLER h CLOSE"
            })
    void whatEndsStateIsNotRefusedToASessionThatIsPinnedToAReplica(String sql) {
        state.pin(Slot.REPLICA, PinReason.TEMPORARY_TABLE, true);
        route(sql);
        assertThat(router.slot()).isEqualTo(Slot.REPLICA);
        assertThat(router.isRefused()).isFalse();
    }

    @Test
    void aRefusalDoesNotOutliveItsStatement() {
        state.pin(Slot.REPLICA, PinReason.TEMPORARY_TABLE, true);
        route("UPDATE t SET v = 1");
        assertThat(router.isRefused()).isTrue();
        route("SELECT 1");
        assertThat(router.isRefused()).isFalse();
    }

    @Test
    void aStatementThatEndsStateIsRefusedInAPacketWithOthers() {
        state.pin(Slot.REPLICA, PinReason.TEMPORARY_TABLE, true);
        route("UPDATE t SET v = 1; UNLOCK TABLES");
        assertThat(router.isRefused()).isTrue();
    }

    @Test
    void aReadOnlyBeginInAPacketOfSeveralStatementsStaysOnThePrimary() {
        route("START TRANSACTION READ ONLY; SELECT 1");
        assertThat(router.slot()).isEqualTo(Slot.PRIMARY);
    }
}
