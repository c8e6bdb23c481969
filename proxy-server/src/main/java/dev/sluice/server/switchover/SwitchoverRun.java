package dev.sluice.server.switchover;

import dev.sluice.router.topology.BackendStatus;
import dev.sluice.server.admin.OperationException;
import dev.sluice.server.admin.OperationException.Kind;
import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.monitor.TopologyControl;
import dev.sluice.server.session.WriteGate;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/**
 * One switchover, from the closing of the gate to its opening. Thread-safe: used by the thread that carries out the
 * switchover.
 *
 * <pre>
 * close ──► drain ──► fence ──► catch up ──► promote ──► repoint ──► demote ──► confirm ──► open ──► forget
 *   └───────────┴─────────┴─── any failure ────┴───────────┴──────────┴────────────┘
 *                                   └──► undo, the last step first ──► open
 * </pre>
 *
 * <p>Until the gate opens, no write that Sluice knows of exists on the target alone, so every step can be taken back; that
 * nobody else wrote there is checked before the old primary is opened again. The target forgets its source only after
 * that, for what it knows of its source is what takes it back.
 */
final class SwitchoverRun {
    private static final Duration UNDONE_PATIENCE = Duration.ofSeconds(5);
    private static final long POLL_NANOS = Duration.ofMillis(5).toNanos();
    /** Often enough not to be waited for, seldom enough not to be a load. */
    private static final long PROBE_NANOS = Duration.ofMillis(20).toNanos();

    private final SwitchoverPlan plan;
    private final WriteGate gate;
    private final TopologyControl monitor;
    private final Duration timeout;
    private final StepLog log;
    private final Undo undo = new Undo();
    private String step = "close";
    private long stepBegan;
    private long deadline;

    SwitchoverRun(SwitchoverPlan plan, WriteGate gate, TopologyControl monitor, Duration timeout, StepLog log) {
        this.plan = plan;
        this.gate = gate;
        this.monitor = monitor;
        this.timeout = timeout;
        this.log = log;
    }

    ResultTable execute() throws OperationException, InterruptedException {
        long began = log.now();
        deadline = began + timeout.toNanos();
        begin("close");
        WriteGate.Hold hold = gate.close(WriteGate.Level.WRITES, "a switchover to " + plan.target() + " is under way");
        try {
            monitor.electOnly(bit(plan.primary()) | bit(plan.target()));
            done("new writes and transactions wait");
            change(hold);
            begin("open");
        } catch (SQLException | StepFailure | RuntimeException e) {
            throw undone(String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            log.failed(step, String.valueOf(undone("interrupted").getMessage()), stepBegan);
            throw e;
        } finally {
            monitor.electOnly(TopologyControl.ANYBODY);
            hold.open();
        }
        long paused = log.now() - began;
        done("what waited goes to " + plan.target());
        forget();
        return log.table(began, paused);
    }

    /** Something is not as it has to be. */
    private static final class StepFailure extends Exception {
        private static final long serialVersionUID = 1L;

        StepFailure(String message) {
            super(message);
        }
    }

    private void change(WriteGate.Hold hold) throws SQLException, StepFailure, InterruptedException {
        begin("drain");
        List<String> running = hold.awaitQuiet(left());
        if (!running.isEmpty()) {
            throw new StepFailure("statements or transactions did not end in time: " + String.join(", ", running));
        }
        done("nothing runs on " + plan.primary());

        begin("fence");
        undo.add(plan.primary() + " accepts writes", this::unfence);
        plan.primary().fence(left());
        String position = plan.primary().position();
        // From here on it is no candidate, whatever the last probe has seen.
        monitor.electOnly(bit(plan.target()));
        done(plan.primary() + " refuses writes");

        begin("catch up");
        while (!plan.target().awaitPosition(position, left())) {
            requireTime(plan.target() + " did not get everything from " + plan.primary() + " in time");
        }
        done(plan.target() + " has everything");

        promote(position);
        repoint();

        begin("demote");
        undo.add(plan.primary() + " replicates from nowhere", plan.primary()::forgetSource);
        plan.primary().becomeReplica(plan.source(), plan.targetHost(), plan.targetPort(), position);
        done(plan.primary() + " replicates from " + plan.target());

        begin("confirm");
        awaitPrimary(plan.target());
        done("the monitor names " + plan.target() + " as primary");
    }

    private void promote(String position) throws SQLException {
        begin("promote");
        undo.add(plan.target() + " replicates again", plan.target()::startReplication);
        undo.addEssential(plan.target() + " refuses writes and has taken none", () -> {
            plan.target().fence(UNDONE_PATIENCE);
            String now = plan.target().position();
            plan.target().close();
            if (isMore(now, position)) {
                throw new SQLException(plan.target() + " was written to by somebody else meanwhile: " + now);
            }
        });
        plan.target().stopReplication();
        plan.target().admitWrites();
        done(plan.target() + " accepts writes");
    }

    private boolean isMore(String now, String position) throws SQLException {
        return switch (plan.dialect()) {
            case MYSQL -> !plan.primary().surplus(now).isEmpty();
            case MARIADB -> !Set.of(now.split(",", -1)).equals(Set.of(position.split(",", -1)));
        };
    }

    private void repoint() throws SQLException {
        for (SwitchoverServer follower : plan.followers()) {
            begin("repoint");
            undo.add(
                    follower + " replicates from " + plan.primary(),
                    () -> follower.follow(plan.knownHost(), plan.knownPort()));
            follower.follow(plan.targetHost(), plan.targetPort());
            done(follower + " replicates from " + plan.target());
        }
    }

    private void unfence() throws SQLException {
        // A lock that came with the fence ends with its session.
        plan.primary().close();
        plan.primary().admitWrites();
        monitor.electOnly(bit(plan.primary()));
    }

    /** Not worth a rollback: by now writes go to the new primary, which only remembers whom it once followed. */
    private void forget() {
        begin("forget");
        try {
            plan.target().forgetSource();
            done(plan.target() + " has forgotten its source");
        } catch (SQLException e) {
            log.failed(
                    step,
                    e.getMessage() + "; run it by hand, or the server replicates again when restarted",
                    stepBegan);
        }
    }

    private OperationException undone(String why) {
        log.failed(step, why, stepBegan);
        String failure = "switchover to " + plan.target() + " failed at '" + step + "': " + why;
        List<String> left = undo.run(log);
        if (!left.isEmpty()) {
            return new OperationException(
                    Kind.FAILED,
                    failure + ". NOT everything could be taken back; see to this: " + String.join("; ", left));
        }
        begin("undo");
        deadline = log.now() + UNDONE_PATIENCE.toNanos();
        try {
            awaitPrimary(plan.primary());
            done("everything is as before: " + plan.primary() + " is the primary");
        } catch (StepFailure e) {
            log.failed(step, String.valueOf(e.getMessage()), stepBegan);
            return new OperationException(Kind.FAILED, failure + ". Taken back, but " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return new OperationException(Kind.FAILED, failure + ". Everything is as before");
    }

    /** Returns when the monitor has seen it, so that whoever is let through goes to the right server. */
    private void awaitPrimary(SwitchoverServer wanted) throws StepFailure, InterruptedException {
        long nextProbe = log.now();
        while (true) {
            BackendStatus primary = monitor.current().primary();
            if (primary != null && primary.ordinal() == wanted.ordinal()) {
                return;
            }
            requireTime("the monitor does not name " + wanted + " as primary"
                    + (primary == null ? "" : " but " + primary.address()));
            if (log.now() - nextProbe >= 0) {
                nextProbe = log.now() + PROBE_NANOS;
                monitor.probeNow(plan.primary().ordinal());
                monitor.probeNow(plan.target().ordinal());
            }
            LockSupport.parkNanos(this, POLL_NANOS);
            if (Thread.interrupted()) {
                throw new InterruptedException("interrupted while roles changed");
            }
        }
    }

    private void requireTime(String otherwise) throws StepFailure {
        if (log.now() - deadline >= 0) {
            throw new StepFailure(otherwise);
        }
    }

    private Duration left() {
        return Duration.ofNanos(Math.max(0, deadline - log.now()));
    }

    private void begin(String name) {
        step = name;
        stepBegan = log.now();
    }

    private void done(String what) {
        log.done(step, what, stepBegan);
    }

    private static long bit(SwitchoverServer server) {
        return 1L << server.ordinal();
    }
}
