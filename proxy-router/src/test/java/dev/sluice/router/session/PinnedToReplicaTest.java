package dev.sluice.router.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.RouteReason;
import dev.sluice.router.Target;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.StatementKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The truth table of sessions that are tied to a replica: what runs there and what is refused. */
class PinnedToReplicaTest {
    /**
     * Yes or no for each situation: pinned outside a transaction; pinned with transactions read-only by default; in a
     * read-only transaction without a pin; in one with a pin; in a transaction that is not read-only.
     */
    private static final String TABLE = """
            pin default read-only pinned-read-only read-write | statement
            yes yes yes yes yes | SELECT v FROM t
            yes yes yes yes yes | TABLE t
            yes yes yes yes yes | WITH c AS (SELECT 1) SELECT * FROM c
            yes yes yes yes yes | EXPLAIN SELECT 1
            yes yes yes yes yes | SELECT @a
            yes yes yes yes yes | SELECT @a := @a + 1
            yes yes yes yes yes | SELECT v FROM t WHERE id = @a
            yes yes yes yes yes | SELECT LAST_INSERT_ID()
            yes yes yes yes yes | SELECT @@identity
            yes yes yes yes yes | SELECT ROW_COUNT(), FOUND_ROWS()
            yes yes yes yes yes | SELECT CONNECTION_ID()
            yes yes yes yes yes | SELECT @@timestamp, @@read_only
            yes yes yes yes yes | SELECT * FROM performance_schema.threads
            yes yes yes yes yes | SHOW WARNINGS
            yes yes yes yes yes | SHOW CREATE TABLE t
            yes yes yes yes yes | DESCRIBE t
            yes yes yes yes yes | HELP 'select'
            yes yes yes yes yes | /* ping */
            yes yes yes yes yes | GET DIAGNOSTICS @n = NUMBER
            yes yes yes yes yes | SIGNAL SQLSTATE '45000'
            yes yes yes yes yes | SET @a = NULL
            yes yes yes yes yes | SET SESSION sort_buffer_size = 65536
            yes yes yes yes yes | SET NAMES latin1
            yes yes yes yes yes | SET autocommit = 0
            yes yes yes yes yes | SET timestamp = 5
            yes yes yes yes yes | SET ROLE r
            yes yes yes yes yes | SET TRANSACTION ISOLATION LEVEL READ COMMITTED
            yes yes yes yes yes | SET SESSION TRANSACTION READ ONLY
            yes yes yes yes yes | USE other
            yes yes yes yes yes | DO SLEEP(0)
            yes yes yes yes yes | HANDLER h READ FIRST
            yes yes yes yes yes | HANDLER h CLOSE
            yes yes yes yes yes | START TRANSACTION READ ONLY
            yes yes yes yes yes | COMMIT
            yes yes yes yes yes | ROLLBACK AND CHAIN
            yes yes yes yes yes | SAVEPOINT a
            yes yes yes yes yes | ROLLBACK TO SAVEPOINT a
            yes yes yes yes yes | RELEASE SAVEPOINT a
            yes yes yes yes yes | DROP TEMPORARY TABLE x
            yes yes yes yes yes | DEALLOCATE PREPARE s
            yes yes yes yes yes | UNLOCK TABLES
            yes yes yes yes yes | UNLOCK INSTANCE
            yes yes yes yes yes | SELECT RELEASE_LOCK('a')
            yes yes yes yes yes | DO RELEASE_ALL_LOCKS()
            no  yes yes yes no  | BEGIN
            no  no  yes yes no  | START TRANSACTION
            no  no  yes yes no  | START TRANSACTION WITH CONSISTENT SNAPSHOT
            no  no  yes no  no  | START TRANSACTION WITH CONSISTENT SNAPSHOT, READ WRITE
            no  no  yes no  no  | START TRANSACTION READ WRITE
            no  no  yes no  no  | XA START 'x'
            no  no  yes yes no  | UPDATE t SET v = 1
            no  no  yes yes no  | INSERT INTO t VALUES (LAST_INSERT_ID())
            no  no  yes yes no  | WITH c AS (SELECT 1) DELETE FROM t
            no  no  yes yes no  | LOAD DATA INFILE 'x' INTO TABLE t
            no  no  yes no  no  | CREATE TABLE x (id INT)
            no  no  yes yes no  | CREATE TEMPORARY TABLE x (id INT)
            no  no  yes no  no  | DROP TABLE x
            no  no  yes no  no  | TRUNCATE t
            no  no  yes no  no  | GRANT SELECT ON t TO u
            no  no  yes no  no  | SET PASSWORD = 'x'
            no  no  yes no  no  | OPTIMIZE TABLE t
            no  no  yes yes no  | SELECT v FROM t FOR UPDATE
            no  no  yes yes no  | SELECT v FROM t FOR SHARE
            no  no  yes yes no  | SELECT @a FROM t LOCK IN SHARE MODE
            no  no  yes yes no  | SET @a = (SELECT v FROM t FOR UPDATE)
            no  no  yes yes no  | SELECT 1 INTO OUTFILE 'x'
            no  no  yes yes no  | SELECT f(@a)
            no  no  yes yes no  | SET @a = f(1)
            no  no  yes yes no  | DO f(1)
            no  no  yes yes no  | SHOW TABLES WHERE f(1)
            no  no  yes yes no  | SELECT UUID_SHORT()
            no  no  yes yes no  | SELECT NEXT VALUE FOR s
            no  no  no  no  no  | SELECT GET_LOCK('a', 1)
            no  no  no  no  no  | SELECT IS_FREE_LOCK('a')
            no  no  no  no  no  | SELECT 1; DO GET_LOCK('a', 1)
            no  no  yes yes no  | EXPLAIN ANALYZE SELECT 1
            no  no  yes yes no  | EXPLAIN UPDATE t SET v = 1
            no  no  yes yes no  | CALL p()
            no  no  yes yes no  | EXECUTE s
            no  no  yes yes no  | PREPARE s FROM 'SELECT 1'
            no  no  yes yes no  | HANDLER t OPEN
            no  no  yes no  no  | LOCK TABLES t READ
            no  no  yes yes no  | LOCK INSTANCE FOR BACKUP
            no  no  yes no  no  | FLUSH TABLES WITH READ LOCK
            no  no  yes no  no  | FLUSH TABLES
            no  no  yes yes no  | SET GLOBAL max_connections = 1
            no  no  yes yes no  | SET RESOURCE GROUP g
            no  no  yes yes no  | SET STATEMENT max_statement_time = 1 FOR UPDATE t SET v = 1
            no  no  yes yes no  | KILL 5
            no  no  yes no  no  | START REPLICA
            no  no  yes yes no  | SHUTDOWN
            no  no  yes yes no  | BEGIN NOT ATOMIC UPDATE t SET v = 1
            no  no  yes yes no  | FOO BAR
            no  no  yes yes no  | SELECT 1 FROM
            no  no  yes yes no  | /*! SELECT 1 */
            no  no  yes yes no  | /*!99999 SELECT */ UPDATE t SET v = 1
            no  no  yes yes no  | SELECT 1 `
            no  no  yes yes no  | SELECT 1; SELECT 2
            no  no  yes yes no  | SELECT 1; UPDATE t SET v = 1
            no  no  yes yes no  | UPDATE t SET v = 1; COMMIT
            no  no  no  no  no  | COMMIT; UPDATE t SET v = 1
            no  no  no  no  no  | SET autocommit = 1; UPDATE t SET v = 1; SELECT 1
            no  no  no  no  no  | SELECT 1; TRUNCATE t
            no  no  no  no  no  | BEGIN; UPDATE t SET v = 1
            no  no  no  no  no  | SELECT 1; /*! COMMIT; */ UPDATE t SET v = 1
            no  no  no  no  no  | COMMIT; CALL p()
            no  no  yes yes no  | UPDATE t SET v = 1; UNLOCK TABLES
            """;

    private static final List<String> SITUATIONS =
            List.of("pin", "default", "read-only", "pinned-read-only", "read-write");

    private final SessionState state = new SessionState(
            StateVector.empty()
                    .with(StateVector.CHARACTER_SET_CLIENT, "utf8mb4")
                    .withSchema("test"),
            "");
    private final SessionRouter router =
            new SessionRouter((topology, eligible, load, key) -> SessionRouter.NO_BACKEND, ordinal -> 0, true);

    static Stream<Arguments> decisions() {
        List<Arguments> all = new ArrayList<>();
        TABLE.lines().skip(1).forEach(line -> {
            String[] cells = line.split(" \\| ", 2);
            String[] expected = cells[0].split(" +", -1);
            for (int i = 0; i < SITUATIONS.size(); i++) {
                all.add(Arguments.of(SITUATIONS.get(i), cells[1], expected[i].equals("yes")));
            }
        });
        return all.stream();
    }

    private void arrange(String situation) {
        if (!situation.equals("read-only")) {
            state.pin(Slot.REPLICA, PinReason.USER_VARIABLE, true);
        }
        switch (situation) {
            case "default" -> state.vector(state.vector().with("transaction_read_only", "ON"));
            case "read-only", "pinned-read-only" -> state.observeTransaction(Slot.REPLICA, true, true);
            case "read-write" -> state.observeTransaction(Slot.REPLICA, true, false);
            default -> assertThat(state.inTransaction()).isFalse();
        }
    }

    private void route(Classification statement) {
        router.route(
                statement, state, Topologies.withReplicas(1), Topologies.tracker(Duration.ofSeconds(1)), new Held());
    }

    @ParameterizedTest(name = "{0}: {1}: {2}")
    @MethodSource("decisions")
    void whatRunsOnTheReplicaIsWhatTheTableSays(String situation, String sql, boolean runs) {
        arrange(situation);
        route(Statements.of(sql));
        assertThat(router.slot()).isEqualTo(Slot.REPLICA);
        assertThat(router.isRefused()).isNotEqualTo(runs);
        RouteReason expected = switch (situation) {
            case "pin", "default" -> RouteReason.PINNED;
            case "read-write" -> RouteReason.IN_TRANSACTION;
            default -> RouteReason.READ_ONLY_TRANSACTION;
        };
        assertThat(router.reason()).isEqualTo(expected);
    }

    private static Classification command(StatementKind kind, RouteReason reason, long fingerprint) {
        return new Classification(Target.PRIMARY, reason, kind, 0, fingerprint, fingerprint);
    }

    @Test
    void aCommandThatIsNoStatementRuns() {
        arrange("pin");
        route(command(StatementKind.OTHER, RouteReason.COMMAND, 0));
        assertThat(router.isRefused()).isFalse();
    }

    @Test
    void parametersThatAreSentAheadAreRefusedBecauseTheirStatementWouldFollowThem() {
        arrange("pin");
        route(command(StatementKind.UPDATE, RouteReason.COMMAND, 5));
        assertThat(router.isRefused()).isTrue();
        route(command(StatementKind.OTHER, RouteReason.COMMAND, 5));
        assertThat(router.isRefused()).isTrue();
    }

    @Test
    void aReadThatAReplicaRefusedBeforeIsAWrite() {
        arrange("pin");
        route(command(StatementKind.SELECT, RouteReason.LEARNED_WRITE, 5));
        assertThat(router.isRefused()).isTrue();
    }

    @Test
    void textInAnUnknownCharacterSetIsRefused() {
        arrange("pin");
        route(command(StatementKind.SET, RouteReason.UNKNOWN_LEXICAL_MODE, 5));
        assertThat(router.isRefused()).isTrue();
    }

    @Test
    void anOpenCursorKeepsAReadWriteTransactionFromBeginningOnTheReplica() {
        state.observeTransaction(Slot.REPLICA, true, true);
        state.pin(Slot.REPLICA, PinReason.CURSOR, true);
        route(Statements.of("START TRANSACTION READ WRITE"));
        assertThat(router.isRefused()).isTrue();
    }

    @Test
    void anOpenCursorDoesNotKeepTheSessionFromLeavingTheReplica() {
        state.observeTransaction(Slot.REPLICA, true, true);
        state.pin(Slot.REPLICA, PinReason.CURSOR, true);
        Classification begins = Statements.of("START TRANSACTION READ WRITE");
        assertThat(SessionRouter.leavesReadOnlyTransaction(begins, state, false))
                .isTrue();
        assertThat(state.mayLeave(Slot.REPLICA)).isFalse();
        state.pin(Slot.REPLICA, PinReason.USER_VARIABLE, true);
        assertThat(SessionRouter.leavesReadOnlyTransaction(begins, state, false))
                .isFalse();
        state.pin(Slot.REPLICA, PinReason.USER_VARIABLE, false);
        state.observeTransaction(Slot.REPLICA, false, false);
        assertThat(state.mayLeave(Slot.REPLICA)).isTrue();
    }
}
