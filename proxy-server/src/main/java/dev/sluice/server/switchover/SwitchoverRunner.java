package dev.sluice.server.switchover;

import dev.sluice.server.admin.Administration;
import dev.sluice.server.admin.OperationException;
import dev.sluice.server.admin.OperationException.Kind;
import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.admin.Switchovers;
import dev.sluice.server.monitor.TopologyControl;
import dev.sluice.server.session.WriteGate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Planned changes of the primary under plain GTID replication. Thread-safe: one runs at a time, on the caller's thread;
 * another is refused meanwhile.
 *
 * <p>While the primary changes, new writes and transactions wait at the {@link WriteGate}; nobody gets an error for it unless
 * the wait outlasts {@code pool.primary-timeout}.
 */
public final class SwitchoverRunner implements Switchovers {
    /** How far behind a replica may be when the gate closes, in the time that it takes to catch up. */
    private static final Duration CATCH_UP_MAX = Duration.ofSeconds(2);

    private final SwitchoverSettings settings;
    private final SqlSession.Connector connector;
    private final WriteGate gate;
    private final TopologyControl monitor;
    private final LongSupplier nanoClock;
    private final AtomicBoolean running = new AtomicBoolean();

    SwitchoverRunner(
            SwitchoverSettings settings,
            SqlSession.Connector connector,
            WriteGate gate,
            TopologyControl monitor,
            LongSupplier nanoClock) {
        this.settings = settings;
        this.connector = connector;
        this.gate = gate;
        this.monitor = monitor;
        this.nanoClock = nanoClock;
    }

    /** Switchovers of real servers. */
    public static SwitchoverRunner overJdbc(SwitchoverSettings settings, WriteGate gate, TopologyControl monitor) {
        return new SwitchoverRunner(settings, JdbcSession.connector(settings), gate, monitor, System::nanoTime);
    }

    @Override
    public ResultTable run(String address, Duration timeout, boolean dryRun, Administration.Progress progress)
            throws OperationException, InterruptedException {
        if (!running.compareAndSet(false, true)) {
            throw new OperationException(Kind.CONFLICT, "another switchover is under way");
        }
        try {
            StepLog log = new StepLog(nanoClock, progress);
            long since = log.now();
            SwitchoverCheck check = new SwitchoverCheck(settings, connector, monitor.current());
            try (SwitchoverPlan plan = check.plan(address, min(timeout, CATCH_UP_MAX))) {
                log.done("check", plan.primary() + " can hand over to " + plan.target(), since);
                if (!dryRun) {
                    plan.remarks().forEach(remark -> log.done("remark", remark, log.now()));
                }
                return dryRun ? described(plan) : new SwitchoverRun(plan, gate, monitor, timeout, log).execute();
            }
        } finally {
            running.set(false);
        }
    }

    private static ResultTable described(SwitchoverPlan plan) {
        List<List<@Nullable String>> rows = new ArrayList<>();
        for (List<String> step : plan.describe()) {
            List<@Nullable String> row = new ArrayList<>(step);
            row.add(null);
            row.add(null);
            rows.add(row);
        }
        return new ResultTable(StepLog.COLUMNS, rows);
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }
}
