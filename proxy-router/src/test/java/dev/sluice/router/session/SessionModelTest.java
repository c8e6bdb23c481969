package dev.sluice.router.session;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.Target;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.Traits;
import dev.sluice.router.topology.Topology;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random sessions against a model of two servers: whatever a client does, the session is where its state is. The model knows
 * what really exists on each connection and reports only what the servers' trackers report.
 */
class SessionModelTest {
    private static final int SEQUENCES = 10_000;
    private static final int EVENTS = 30;
    private static final int NARROW = PinReason.CURSOR.bit() | PinReason.LAST_STATEMENT.bit();

    private static final List<String> STATEMENTS = List.of(
            "SELECT v FROM t",
            "SELECT v FROM t FOR UPDATE",
            "UPDATE t SET v = 1",
            "BEGIN",
            "START TRANSACTION READ ONLY",
            "COMMIT",
            "ROLLBACK",
            "SET autocommit = 0",
            "SET autocommit = 1",
            "SHOW WARNINGS",
            "SELECT GET_LOCK('a', 1)",
            "SELECT GET_LOCK('b', 1)",
            "SELECT GET_LOCK('A', 1)",
            "SELECT RELEASE_LOCK('a')",
            "SELECT RELEASE_LOCK('b')",
            "SELECT RELEASE_ALL_LOCKS()",
            "CREATE TEMPORARY TABLE x (id INT)",
            "CREATE TEMPORARY TABLE X (id INT)",
            "CREATE TEMPORARY TABLE y (id INT)",
            "DROP TEMPORARY TABLE IF EXISTS x",
            "DROP TEMPORARY TABLE IF EXISTS X",
            "DROP TEMPORARY TABLE IF EXISTS x, y",
            "PREPARE s FROM 'SELECT 1'",
            "DEALLOCATE PREPARE s",
            "LOCK TABLES t READ",
            "UNLOCK TABLES",
            "HANDLER t OPEN",
            "HANDLER t CLOSE",
            "UPDATE t SET v = 1; SELECT 1");

    private static final Map<String, Classification> CLASSIFIED = classify();

    private static Map<String, Classification> classify() {
        Map<String, Classification> all = new HashMap<>();
        STATEMENTS.forEach(sql -> all.put(sql, Statements.of(sql)));
        return all;
    }

    /** What really exists on one connection. Confined to one sequence. */
    private static final class Server {
        final Set<String> tables = new HashSet<>();
        final Map<String, Integer> locks = new HashMap<>();
        boolean prepared;
        boolean handler;
        boolean tableLock;
        boolean transaction;
        boolean readOnly;

        boolean hasState() {
            return !tables.isEmpty() || !locks.isEmpty() || prepared || handler || tableLock;
        }

        void end() {
            transaction = false;
            readOnly = false;
        }

        void unlock(String name) {
            locks.computeIfPresent(name, (key, count) -> count > 1 ? count - 1 : null);
        }
    }

    /** One session and its servers. Confined to one sequence. */
    private static final class Run {
        final SplittableRandom random;
        final List<String> log = new ArrayList<>();
        final SessionState state =
                new SessionState(StateVector.empty().with(StateVector.CHARACTER_SET_CLIENT, "utf8mb4"), "");
        final StatementEffects effects = new StatementEffects(state, () -> false, () -> false);
        final SessionChanges changes = new SessionChanges();
        final CausalityTracker causality = Topologies.tracker(Duration.ofSeconds(1));
        final SessionRouter router = new SessionRouter(
                (topology, eligible, load, key) -> Long.numberOfTrailingZeros(eligible), ordinal -> 0, true);
        final Held held = new Held();
        final Topology topology = Topologies.withReplicas(2);
        final Map<Slot, Server> servers = new EnumMap<>(Map.of(Slot.PRIMARY, new Server(), Slot.REPLICA, new Server()));

        @Nullable
        Slot last;

        Run(long seed) {
            random = new SplittableRandom(seed);
        }

        Server server(Slot slot) {
            return servers.getOrDefault(slot, new Server());
        }

        void event() {
            int kind = random.nextInt(20);
            Slot slot = random.nextBoolean() ? Slot.PRIMARY : Slot.REPLICA;
            if (kind == 0) {
                log.add("lost " + slot);
                effects.connectionGone(slot);
                servers.put(slot, new Server());
            } else if (kind == 1) {
                log.add("cursor " + slot);
                state.pin(slot, PinReason.CURSOR, random.nextBoolean());
            } else {
                statement(STATEMENTS.get(random.nextInt(STATEMENTS.size())), random.nextInt(8) > 0);
            }
            for (Slot each : Slot.values()) {
                checkNothingIsForgotten(each);
            }
        }

        private void statement(String sql, boolean succeeds) {
            Classification statement = requireNonNull(CLASSIFIED.get(sql));
            Slot transaction = state.transactionSlot();
            int primaryPins = state.pins(Slot.PRIMARY) & ~NARROW;
            int replicaPins = state.pins(Slot.REPLICA) & ~NARROW;
            held.lastStatement = last;
            router.route(statement, state, topology, causality, held);
            Slot slot = router.slot();
            log.add(sql + (succeeds ? "" : " fails") + " -> " + slot + " "
                    + router.reason().label());
            if (transaction != null) {
                assertThat(slot).as("a transaction stays").isEqualTo(transaction);
            } else if (primaryPins != 0) {
                assertThat(slot).as("a pin to the primary holds").isEqualTo(Slot.PRIMARY);
            } else if (replicaPins != 0) {
                assertThat(slot).as("a pin to the replica holds").isEqualTo(Slot.REPLICA);
            }
            if (server(Slot.PRIMARY).transaction && !server(Slot.PRIMARY).readOnly) {
                assertThat(slot).as("no replica within a transaction").isEqualTo(Slot.PRIMARY);
            }
            boolean mayBeElsewhere = transaction != null
                    || replicaPins != 0
                    || (slot == last && sql.equals("SHOW WARNINGS"))
                    || sql.equals("START TRANSACTION READ ONLY");
            if (statement.target() == Target.PRIMARY && !mayBeElsewhere) {
                assertThat(slot).as("what needs the primary gets it").isEqualTo(Slot.PRIMARY);
            }
            if (!router.isRefused()) {
                execute(sql, statement, slot, succeeds);
            }
        }

        private void execute(String sql, Classification statement, Slot slot, boolean succeeds) {
            Server server = server(slot);
            if (succeeds) {
                apply(sql, server);
            }
            if (slot == Slot.REPLICA && statement.has(Traits.WRITES) && !sql.contains("TEMPORARY")) {
                assertThat(server.transaction && server.readOnly)
                        .as("a write on a replica that would not be refused there")
                        .isTrue();
            }
            boolean autocommitOff = "OFF".equals(state.vector().get("autocommit"));
            if (succeeds && autocommitOff && (sql.startsWith("SELECT v FROM t") || sql.startsWith("UPDATE"))) {
                server.transaction = true;
            }
            state.observeTransaction(slot, server.transaction, server.readOnly);
            effects.apply(slot, statement, succeeds, changes, () -> sql);
            changes.clear();
            last = slot;
        }

        /** What the statement does on a server, and what that server's trackers say. */
        private void apply(String sql, Server server) {
            switch (sql) {
                case "BEGIN" -> {
                    unlockTables(server);
                    // Inside a read-only transaction the next one is read-only, too.
                    server.readOnly = server.transaction && server.readOnly;
                    server.transaction = true;
                }
                case "START TRANSACTION READ ONLY" -> {
                    unlockTables(server);
                    server.transaction = true;
                    server.readOnly = true;
                }
                case "COMMIT", "ROLLBACK" -> server.end();
                case "SET autocommit = 0" -> changes.systemVariable("autocommit", "OFF");
                case "SET autocommit = 1" -> {
                    server.end();
                    changes.systemVariable("autocommit", "ON");
                }
                case "LOCK TABLES t READ" -> {
                    server.end();
                    server.tableLock = true;
                    changes.transactionState("_______L");
                }
                case "UNLOCK TABLES" -> {
                    if (server.tableLock) {
                        server.end();
                    }
                    unlockTables(server);
                }
                case "PREPARE s FROM 'SELECT 1'" -> {
                    server.prepared = true;
                    changes.stateChange();
                }
                case "DEALLOCATE PREPARE s" -> {
                    server.prepared = false;
                    changes.stateChange();
                }
                case "HANDLER t OPEN" -> server.handler = true;
                case "HANDLER t CLOSE" -> server.handler = false;
                default -> applyToNames(sql, server);
            }
        }

        private void unlockTables(Server server) {
            if (server.tableLock) {
                server.tableLock = false;
                changes.transactionState("________");
            }
        }

        private void applyToNames(String sql, Server server) {
            switch (sql) {
                case "CREATE TEMPORARY TABLE x (id INT)" -> server.tables.add("x");
                case "CREATE TEMPORARY TABLE y (id INT)" -> server.tables.add("y");
                case "DROP TEMPORARY TABLE IF EXISTS x" -> server.tables.remove("x");
                case "CREATE TEMPORARY TABLE X (id INT)" -> server.tables.add("X");
                case "DROP TEMPORARY TABLE IF EXISTS X" -> server.tables.remove("X");
                case "DROP TEMPORARY TABLE IF EXISTS x, y" -> server.tables.removeAll(Set.of("x", "y"));
                case "SELECT GET_LOCK('a', 1)" -> server.locks.merge("a", 1, Integer::sum);
                case "SELECT GET_LOCK('b', 1)" -> server.locks.merge("b", 1, Integer::sum);
                case "SELECT GET_LOCK('A', 1)" -> server.locks.merge("A", 1, Integer::sum);
                case "SELECT RELEASE_LOCK('a')" -> server.unlock("a");
                case "SELECT RELEASE_LOCK('b')" -> server.unlock("b");
                case "SELECT RELEASE_ALL_LOCKS()" -> server.locks.clear();
                default -> assertThat(STATEMENTS).contains(sql);
            }
            if (sql.contains("TEMPORARY")) {
                changes.stateChange();
            }
        }

        private void checkNothingIsForgotten(Slot slot) {
            Server server = server(slot);
            if (server.hasState()) {
                assertThat(state.pins(slot) & ~NARROW).as("pins of " + slot).isNotZero();
            }
            if (server.transaction) {
                assertThat(state.transactionSlot()).as("the open transaction").isEqualTo(slot);
            }
            if (!state.tiedTo(slot)) {
                assertThat(server.hasState() || server.transaction)
                        .as("state on " + slot + " that nobody knows of")
                        .isFalse();
            }
        }
    }

    @Test
    void aSessionIsAlwaysWhereItsStateIs() {
        SplittableRandom seeds = new SplittableRandom(20_261_121);
        for (int i = 0; i < SEQUENCES; i++) {
            long seed = seeds.nextLong();
            Run run = new Run(seed);
            for (int j = 0; j < EVENTS; j++) {
                try {
                    run.event();
                } catch (AssertionError e) {
                    throw new AssertionError("seed " + seed + "L: " + String.join("\n", run.log), e);
                }
            }
        }
    }
}
