package dev.sluice.server.runtime;

import dev.sluice.router.topology.OperatorState;
import dev.sluice.server.admin.Administration.Progress;
import dev.sluice.server.admin.Operation.AddBackend;
import dev.sluice.server.admin.Operation.RemoveBackend;
import dev.sluice.server.admin.Operation.SetOffline;
import dev.sluice.server.admin.OperationException;
import dev.sluice.server.admin.OperationException.Kind;
import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.config.HostPort;
import dev.sluice.server.session.SessionControl;
import dev.sluice.server.session.SessionSnapshot;
import dev.sluice.server.session.SessionSnapshot.Held;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The operations on backends. Thread-safe: what changes the configuration is called under the caller's lock. */
final class BackendOperations {
    private static final int WEIGHT_DEFAULT = 1;
    private static final long POLL_NANOS = Duration.ofMillis(50).toNanos();
    private static final List<String> DRAIN_COLUMNS =
            List.of("backend", "state", "connections", "session", "user", "held_by");

    private final Changes changes;
    private final SessionControl sessions;
    private final LongSupplier nanoClock;

    BackendOperations(Changes changes, SessionControl sessions, LongSupplier nanoClock) {
        this.changes = changes;
        this.sessions = sessions;
        this.nanoClock = nanoClock;
    }

    /** {@code host:port} as an operator wrote it. */
    static HostPort address(String text) throws OperationException {
        try {
            HostPort address = HostPort.parse(text);
            if (address.port() == 0) {
                throw new IllegalArgumentException("has no valid port");
            }
            return address;
        } catch (IllegalArgumentException e) {
            throw new OperationException(Kind.INVALID, '"' + text + "\" " + e.getMessage() + "; write host:port");
        }
    }

    BackendIntent find(HostPort address) throws OperationException {
        BackendIntent configured = changes.store().current().config().find(address);
        // An operator's word about a discovered server makes it a configured one, which outlasts its discovery.
        BackendIntent found = configured == null ? changes.backends().discovered(address) : configured;
        if (found == null) {
            throw new OperationException(Kind.NOT_FOUND, address + " is not a backend");
        }
        return found;
    }

    ResultTable add(AddBackend wanted, String author) throws OperationException, InterruptedException {
        HostPort address = address(wanted.address());
        if (changes.store().current().config().find(address) != null) {
            throw new OperationException(Kind.CONFLICT, address + " is a backend already");
        }
        Integer weight = wanted.weight();
        Integer max = wanted.connectionsMax();
        BackendIntent backend = new BackendIntent(
                address,
                weight == null ? WEIGHT_DEFAULT : weight,
                wanted.zone(),
                max == null ? changes.store().wholeFile().pool().maxConnectionsPerBackend() : max,
                OperatorState.ACTIVE);
        changes.make(author, "backend " + address + " added", config -> config.with(backend));
        return ResultTable.message(address + " added; it takes statements when it has been probed");
    }

    ResultTable remove(RemoveBackend wanted, String author) throws OperationException, InterruptedException {
        HostPort address = address(wanted.address());
        BackendIntent unused = find(address);
        RuntimeConfig before = changes.store().current().config();
        if (!wanted.force() || before.without(address).backends().isEmpty()) {
            changes.requireHarmless(before, before.without(address), true, "add FORCE to remove it all the same");
        }
        Integer ordinal = changes.backends().ordinal(address);
        changes.make(author, "backend " + address + " removed", config -> config.without(address));
        int open = ordinal == null ? 0 : changes.backends().open(ordinal);
        return ResultTable.message(address + " removed; " + open + " connections are closed when they come back");
    }

    ResultTable setWeight(HostPort address, int weight, String author) throws OperationException, InterruptedException {
        BackendIntent backend = find(address);
        changes.make(
                author,
                "weight of " + address + " set from " + backend.weight() + " to " + weight,
                config -> config.with(backend.withWeight(weight)));
        return ResultTable.message("the weight of " + address + " is " + weight);
    }

    ResultTable resume(HostPort address, String author) throws OperationException, InterruptedException {
        BackendIntent backend = find(address);
        if (backend.state() == OperatorState.ACTIVE) {
            throw new OperationException(Kind.CONFLICT, address + " is active already");
        }
        changes.make(
                author,
                "backend " + address + " resumed",
                config -> config.with(backend.withState(OperatorState.ACTIVE)));
        return ResultTable.message(address + " takes new work again, as its role and health allow");
    }

    /** No work at all, and no probes, from now on. */
    ResultTable setOffline(SetOffline wanted, String author) throws OperationException, InterruptedException {
        HostPort address = address(wanted.address());
        BackendIntent backend = find(address);
        if (backend.state() == OperatorState.OFFLINE) {
            throw new OperationException(Kind.CONFLICT, address + " is offline already");
        }
        RuntimeConfig before = changes.store().current().config();
        RuntimeConfig after = before.with(backend.withState(OperatorState.OFFLINE));
        if (!wanted.force()) {
            String forced = "add FORCE to take it offline all the same";
            changes.requireHarmless(
                    before,
                    after,
                    true,
                    changes.isPrimary(address) ? "SWITCHOVER TO another server first, or " + forced : forced);
        }
        Integer ordinal = changes.backends().ordinal(address);
        int open = ordinal == null ? 0 : changes.backends().open(ordinal);
        changes.make(author, "backend " + address + " taken offline", config -> after);
        return ResultTable.message(
                address + " is offline; " + open + " connections were ended; RESUME BACKEND uses it again");
    }

    /** The first step of a drain: no new work from now on. */
    void beginDrain(HostPort address, String author) throws OperationException, InterruptedException {
        BackendIntent backend = find(address);
        if (backend.state() == OperatorState.OFFLINE) {
            throw new OperationException(Kind.CONFLICT, address + " is offline: there is nothing to drain");
        }
        if (backend.state() == OperatorState.ACTIVE) {
            RuntimeConfig before = changes.store().current().config();
            RuntimeConfig after = before.with(backend.withState(OperatorState.DRAINED));
            changes.requireHarmless(
                    before,
                    after,
                    false,
                    changes.isPrimary(address)
                            ? "SWITCHOVER TO another server first; then this one can be drained"
                            : "ADD or RESUME another backend first");
            changes.make(author, "backend " + address + " drained", config -> after);
        }
    }

    /** The second step, without the lock: waits until nothing is left there, or the deadline has passed. */
    ResultTable awaitDrain(HostPort address, Duration timeout, Progress progress)
            throws OperationException, InterruptedException {
        long begun = nanoClock.getAsLong();
        long half = timeout.toNanos() / 2;
        progress.step(address + " takes no new work");
        int last = -1;
        while (true) {
            Integer ordinal = changes.backends().ordinal(address);
            BackendIntent now = changes.store().current().config().find(address);
            if (ordinal == null || now == null || now.state() == OperatorState.ACTIVE) {
                throw new OperationException(
                        Kind.CONFLICT, address + " was " + (now == null ? "removed" : "resumed") + " meanwhile");
            }
            long waited = nanoClock.getAsLong() - begun;
            if (!moveSessions(ordinal, waited >= half)) {
                progress.step("an event loop did not answer in time; it is asked again");
            }
            int open = changes.backends().open(ordinal);
            if (open != last) {
                progress.step(address + " has " + open + " connections");
                last = open;
            }
            if (open == 0 || waited >= timeout.toNanos()) {
                return drained(address, ordinal, open);
            }
            LockSupport.parkNanos(this, POLL_NANOS);
            if (Thread.interrupted()) {
                throw new InterruptedException("interrupted while " + address + " was drained");
            }
        }
    }

    /** The drain is in force already, so a slow loop is no reason for an error: whether all loops have heard. */
    private boolean moveSessions(int ordinal, boolean diagnosticsToo) throws InterruptedException {
        try {
            sessions.backendChanged(ordinal, diagnosticsToo);
            return true;
        } catch (TimeoutException e) {
            return false;
        }
    }

    static OperationException noAnswer() {
        return new OperationException(Kind.FAILED, "an event loop did not answer in time");
    }

    private ResultTable drained(HostPort address, int ordinal, int open) throws InterruptedException {
        List<List<@Nullable String>> rows = new ArrayList<>();
        String unknown = null;
        if (open > 0) {
            try {
                for (SessionSnapshot session : sessions.snapshots()) {
                    Held held = session.heldOn(ordinal);
                    if (held != null) {
                        rows.add(Arrays.asList(
                                address.toString(),
                                "draining",
                                Integer.toString(open),
                                Long.toString(session.id()),
                                session.user(),
                                reason(session, held)));
                    }
                }
            } catch (TimeoutException e) {
                unknown = "unknown: an event loop did not answer in time";
            }
        }
        if (rows.isEmpty()) {
            rows.add(Arrays.asList(
                    address.toString(),
                    open == 0 ? "drained" : "draining",
                    Integer.toString(open),
                    null,
                    null,
                    unknown));
        }
        return new ResultTable(DRAIN_COLUMNS, rows);
    }

    private static String reason(SessionSnapshot session, Held held) {
        if (held.transaction()) {
            return held.pins().isEmpty() ? "transaction" : "transaction," + held.pins();
        }
        return held.pins().isEmpty()
                ? session.activity() == SessionSnapshot.Activity.IDLE ? "nothing" : "statement"
                : held.pins();
    }
}
