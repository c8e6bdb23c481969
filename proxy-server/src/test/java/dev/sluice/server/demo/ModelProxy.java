package dev.sluice.server.demo;

import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.localcluster.LocalClusterException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A proxy of a few lines with its servers: reads take turns on the replicas, everything else stays on the primary. It can
 * be wrong in one way. Thread-safe: all state, that of its sessions too, is under the monitor of this object.
 */
final class ModelProxy implements TourServers, Operator {
    private final @Nullable Flaw flaw;
    private final Map<String, String> ids = new TreeMap<>(Map.of("h:1", "1", "h:2", "2", "h:3", "3"));
    private final List<Integer> replicas = new ArrayList<>(List.of(2, 3));
    private final List<Integer> readable = new ArrayList<>(List.of(2, 3));
    private final List<Integer> drained = new ArrayList<>();
    private int primary = 1;
    private int turn;
    private boolean killed;
    private int readsToFail;
    private int writesToFail;
    int n;
    int writer;

    /** A way to be wrong, and what the tour must say to it. */
    enum Flaw {
        ONE_REPLICA_ONLY("1 of 2 replicas answered", Duration.ofMillis(500)),
        READS_TO_PRIMARY("SELECT @@server_id, n FROM tour WHERE id = 1 was not sent to a replica"),
        WRITE_TO_REPLICA("UPDATE tour SET n = n + 1, server = @@server_id WHERE id = 1 was not sent to the primary"),
        READ_LEAVES_TRANSACTION("SELECT @@server_id, n FROM tour WHERE id = 1 left the primary"),
        READ_ONLY_TRANSACTION_MOVES("the server of the transaction is"),
        LOCKING_READ_TO_REPLICA("SELECT @@server_id, n FROM tour WHERE id = 1 FOR UPDATE was not sent to the primary"),
        PREPARED_LEAVES_TRANSACTION("SELECT @@server_id, n FROM tour WHERE id = ? left the primary"),
        VARIABLE_LOST("@v is NULL, expected 42"),
        FOREIGN_INSERT_ID("LAST_INSERT_ID() is 0, expected 2"),
        STALE_READ("n right after it was written is"),
        ROUTE_LIES("@@server_id of SELECT @@server_id, n FROM tour WHERE id = 1 is"),
        WRONG_REASON("the reason of SELECT @@server_id, n FROM tour WHERE id = 1 is no_replica, expected read"),
        NO_SERVER_TO_ADD("no disk left"),
        ADD_REFUSED("error 1290 (HY000): not today"),
        ADDED_TAKES_NO_READS("no read reached server_id 4 in ", Duration.ofMillis(500)),
        ADDED_IS_NOT_SHOWN("the answer has no role of h:4"),
        ADDED_IS_SHOWN_AS_UNUSED("reads of h:4 is no, expected yes"),
        DRAIN_DOES_NOT_END("the state of h:"),
        DRAINED_TAKES_READS("a read reached server_id "),
        READS_FAIL_IN_A_DRAIN("1 reads failed: error 1105 (HY000): this read failed"),
        WRITES_NEVER_COME_BACK(
                "INSERT INTO tour (n, server) VALUES (0, @@server_id) did not succeed within 0.5 s",
                Duration.ofMillis(500)),
        TWO_WRITES_FAIL("more than the one write that was on its way failed: [error 1105 (08S01): this write failed"),
        READS_FAIL_IN_AN_OUTAGE("1 reads failed: error 1105 (HY000): this read failed"),
        IDLE_CONNECTION_GETS_AN_ERROR("error 1105 (08S01): the connection was idle on a dead server"),
        IDLE_CONNECTION_LOSES_ITS_SETTING("the time zone of the connection is SYSTEM, expected +05:00"),
        WRITE_TO_A_DEAD_PRIMARY("the server_id of the write is 1, expected ");

        final String explanation;
        final Duration patience;

        Flaw(String explanation) {
            this(explanation, Duration.ofSeconds(30));
        }

        Flaw(String explanation, Duration patience) {
            this.explanation = explanation;
            this.patience = patience;
        }
    }

    ModelProxy(@Nullable Flaw flaw) {
        this.flaw = flaw;
    }

    TourSession open() {
        return new ModelSession(this);
    }

    boolean has(Flaw candidate) {
        return flaw == candidate;
    }

    synchronized boolean isPrimaryKilled() {
        return killed;
    }

    synchronized int primaryId() {
        return killed && has(Flaw.WRITE_TO_A_DEAD_PRIMARY) ? 1 : primary;
    }

    synchronized int nextReplica() {
        if (readable.isEmpty()) {
            return primary;
        }
        return has(Flaw.ONE_REPLICA_ONLY) ? 2 : readable.get(turn++ % readable.size());
    }

    /** A read or a write that fails because something happens to a server. */
    synchronized void failIfDue(boolean write) throws SQLException {
        if (write && (writesToFail > 0 || (killed && has(Flaw.WRITES_NEVER_COME_BACK)))) {
            writesToFail--;
            notifyAll();
            throw new SQLException("this write failed", "08S01", 1105);
        }
        if (!write && readsToFail > 0) {
            readsToFail--;
            notifyAll();
            throw new SQLException("this read failed", "HY000", 1105);
        }
    }

    /** The thread of the tour waits here, so that those who fail are the others. */
    private void awaitFailures() {
        try {
            while (readsToFail > 0 || writesToFail > 0) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public synchronized Map<String, String> ids() {
        return Map.copyOf(ids);
    }

    @Override
    public synchronized Server primary() {
        return server(primary);
    }

    @Override
    public synchronized Server addReplica() {
        if (has(Flaw.NO_SERVER_TO_ADD)) {
            throw new LocalClusterException("no disk left");
        }
        ids.put("h:4", "4");
        replicas.add(4);
        return server(4);
    }

    @Override
    public synchronized long killPrimary() {
        killed = true;
        writesToFail = has(Flaw.TWO_WRITES_FAIL) ? 2 : 1;
        readsToFail = has(Flaw.READS_FAIL_IN_AN_OUTAGE) ? 1 : 0;
        awaitFailures();
        return 4711;
    }

    @Override
    public synchronized Server promote(Set<String> except, Runnable whenWritable) {
        replicas.removeIf(id -> except.contains("h:" + id));
        primary = replicas.get(0);
        readable.remove((Integer) primary);
        whenWritable.run();
        return server(primary);
    }

    private static Server server(int id) {
        return new Server("h:" + id, Integer.toString(id));
    }

    @Override
    public synchronized ResultTable run(String statement) throws SQLException {
        if (statement.equals("SHOW BACKENDS")) {
            return backends();
        }
        int id = Integer.parseInt(statement.replaceAll(".*'h:(\\d)'.*", "$1"));
        if (statement.startsWith("ADD")) {
            if (has(Flaw.ADD_REFUSED)) {
                throw new SQLException("not today", "HY000", 1290);
            }
            if (!has(Flaw.ADDED_TAKES_NO_READS)) {
                readable.add(id);
            }
            return ResultTable.message("h:" + id + " added");
        }
        if (!has(Flaw.DRAINED_TAKES_READS)) {
            readable.remove((Integer) id);
        }
        drained.add(id);
        readsToFail = has(Flaw.READS_FAIL_IN_A_DRAIN) ? 1 : 0;
        awaitFailures();
        String state = has(Flaw.DRAIN_DOES_NOT_END) ? "draining" : "drained";
        return new ResultTable(List.of("backend", "state"), List.of(List.of("h:" + id, state)));
    }

    private ResultTable backends() {
        List<List<@Nullable String>> rows = new ArrayList<>();
        for (int id : ids.values().stream().map(Integer::valueOf).toList()) {
            if (id != 4 || !has(Flaw.ADDED_IS_NOT_SHOWN)) {
                boolean reads = !drained.contains(id) && !has(Flaw.ADDED_IS_SHOWN_AS_UNUSED);
                rows.add(List.of(
                        "h:" + id,
                        "replica",
                        "online",
                        drained.contains(id) ? "drained" : "active",
                        reads ? "yes" : "no",
                        "0"));
            }
        }
        return new ResultTable(
                List.of("address", "role", "health", "operator_state", "reads", "connections_open"), rows);
    }
}
