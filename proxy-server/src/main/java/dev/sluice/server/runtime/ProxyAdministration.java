package dev.sluice.server.runtime;

import dev.sluice.router.sql.LexicalCharset;
import dev.sluice.router.sql.LexicalMode;
import dev.sluice.router.sql.RouteExplanation;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.Topology;
import dev.sluice.server.admin.Administration;
import dev.sluice.server.admin.AuditLog;
import dev.sluice.server.admin.Operation;
import dev.sluice.server.admin.OperationException;
import dev.sluice.server.admin.OperationException.Kind;
import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.admin.Switchovers;
import dev.sluice.server.config.ConfigLoader;
import dev.sluice.server.config.HostPort;
import dev.sluice.server.monitor.StatementKiller;
import dev.sluice.server.session.WriteGate;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The operations of a running Sluice. Thread-safe: changes of the configuration hold one lock, each for a moment; a drain and
 * a switchover wait without it, so that others can look, and can change their minds.
 */
public final class ProxyAdministration implements Administration, AutoCloseable {
    private static final LexicalMode DEFAULT_MODE = LexicalMode.of(false, false, false, LexicalCharset.of("utf8mb4"));
    private static final Duration SWITCHOVER_TIMEOUT = Duration.ofSeconds(10);

    private final RuntimeParts parts;
    private final ConfigStore store;
    private final Changes changes;
    private final BackendOperations backends;
    private final FileReloads reloads;
    private final SessionKills kills;
    private final RuntimeViews views;
    private final EventLog events;
    private final DiscoveredServers discovered;
    private final ReentrantLock lock = new ReentrantLock(true);
    private volatile @Nullable Switchovers switchovers;
    /** Under the lock. */
    private WriteGate.@Nullable Hold pause;

    /**
     * Where the configuration comes from and goes to. Immutable.
     *
     * @param store what is in force
     * @param file the configuration file; null if there is none
     * @param settings puts settings of a changed file in force
     */
    public record Source(ConfigStore store, @Nullable Path file, LiveSettings settings) {}

    public ProxyAdministration(RuntimeParts parts, Source source, EventLog events) {
        this.parts = parts;
        this.store = source.store();
        this.events = events;
        LiveBackends live = new LiveBackends(parts, store.current().config().backends());
        this.changes = new Changes(parts, store, live, events);
        this.backends = new BackendOperations(changes, parts.sessions(), System::nanoTime);
        this.reloads =
                new FileReloads(changes, source.file(), store.wholeFile(), new ConfigLoader(), source.settings());
        this.kills = new SessionKills(parts.sessions(), new StatementKiller(parts.monitor()));
        this.discovered = new DiscoveredServers(parts.monitor(), changes, lock);
        this.views = new RuntimeViews(parts, live, new ConfigViews(store, reloads), events, discovered);
        Changes.switchTo(parts.switches(), store.current().config());
    }

    /** Plugs in planned changes of the primary. */
    public void switchovers(Switchovers implementation) {
        switchovers = implementation;
    }

    /** Begins to use the servers that replication names. */
    public void discover() {
        discovered.start();
    }

    /** Uses nothing more; operations go on. */
    @Override
    public void close() {
        discovered.close();
    }

    @Override
    public long configVersion() {
        return store.current().number();
    }

    @Override
    public ResultTable run(Operation operation, Caller caller, Progress progress)
            throws OperationException, InterruptedException {
        return AuditLog.audited(operation, caller, () -> carryOut(operation, caller, progress));
    }

    private ResultTable carryOut(Operation operation, Caller caller, Progress progress)
            throws OperationException, InterruptedException {
        if (operation instanceof Operation.Show show) {
            return views.show(show.view());
        }
        if (operation instanceof Operation.ExplainRoute explain) {
            return explain(explain.statement());
        }
        if (operation instanceof Operation.Switchover switchover) {
            requireCurrentNow(caller);
            return switchOver(switchover, caller, progress);
        }
        if (operation instanceof Operation.Kill kill) {
            requireCurrentNow(caller);
            ResultTable answer = kills.kill(kill);
            events.add(
                    EventLog.Kind.ADMIN,
                    caller.author(),
                    (kill.queryOnly() ? "statement of session " : "session ") + kill.sessionId() + " killed");
            return answer;
        }
        ResultTable answer = change(operation, caller);
        if (operation instanceof Operation.DrainBackend drain) {
            Duration timeout = drain.timeout();
            return backends.awaitDrain(
                    BackendOperations.address(drain.address()),
                    timeout == null ? store.wholeFile().shutdown().drainTimeout() : timeout,
                    progress);
        }
        return answer;
    }

    private ResultTable change(Operation operation, Caller caller) throws OperationException, InterruptedException {
        lock.lockInterruptibly();
        try {
            requireCurrent(caller);
            return changeLocked(operation, caller.author());
        } finally {
            lock.unlock();
        }
    }

    /** For what takes its time and does not hold the lock: a change that is being made counts. */
    private void requireCurrentNow(Caller caller) throws OperationException, InterruptedException {
        lock.lockInterruptibly();
        try {
            requireCurrent(caller);
        } finally {
            lock.unlock();
        }
    }

    private void requireCurrent(Caller caller) throws OperationException {
        Long expected = caller.expectedVersion();
        if (expected != null && expected != configVersion()) {
            throw new OperationException(
                    Kind.STALE, "the configuration has version " + configVersion() + ", not " + expected);
        }
    }

    private ResultTable changeLocked(Operation operation, String author)
            throws OperationException, InterruptedException {
        if (operation instanceof Operation.AddBackend add) {
            return backends.add(add, author);
        } else if (operation instanceof Operation.RemoveBackend remove) {
            return backends.remove(remove, author);
        } else if (operation instanceof Operation.DrainBackend drain) {
            HostPort address = BackendOperations.address(drain.address());
            backends.beginDrain(address, author);
            return ResultTable.message(address + " is draining");
        } else if (operation instanceof Operation.SetOffline offline) {
            return backends.setOffline(offline, author);
        } else if (operation instanceof Operation.ResumeBackend resume) {
            return backends.resume(BackendOperations.address(resume.address()), author);
        } else if (operation instanceof Operation.SetWeight weight) {
            return backends.setWeight(BackendOperations.address(weight.address()), weight.weight(), author);
        } else if (operation instanceof Operation.SetFeature feature) {
            return setFeature(feature, author);
        } else if (operation instanceof Operation.RollbackConfig rollback) {
            return rollBack(rollback, author);
        } else if (operation instanceof Operation.Reload reload) {
            return reloads.reload(author, reload.force());
        } else if (operation instanceof Operation.Pause) {
            return pause(true, author);
        } else if (operation instanceof Operation.Resume) {
            return pause(false, author);
        }
        throw new IllegalStateException("not an operation of this place: " + operation);
    }

    private ResultTable setFeature(Operation.SetFeature wanted, String author)
            throws OperationException, InterruptedException {
        String name = wanted.feature().name().toLowerCase(Locale.ROOT);
        String what = name + " switched " + (wanted.on() ? "on" : "off");
        changes.make(author, what, config -> config.with(wanted.feature(), wanted.on()));
        return ResultTable.message(what);
    }

    private ResultTable rollBack(Operation.RollbackConfig rollback, String author)
            throws OperationException, InterruptedException {
        long number = rollback.version();
        RuntimeConfig wanted;
        try {
            wanted = store.version(number).config();
        } catch (NoSuchElementException e) {
            throw new OperationException(Kind.NOT_FOUND, String.valueOf(e.getMessage()));
        }
        RuntimeConfig before = store.current().config();
        if (!rollback.force()) {
            changes.requireHarmless(before, wanted, true, "add FORCE to go back all the same");
        }
        ConfigVersion now = changes.make(author, "rolled back to version " + number, config -> wanted);
        return ResultTable.message(
                "the configuration of version " + number + " is in force as version " + now.number());
    }

    private ResultTable pause(boolean on, String author) throws OperationException {
        WriteGate.Hold held = pause;
        if ((held != null) == on) {
            throw new OperationException(Kind.CONFLICT, on ? "Sluice is paused already" : "Sluice is not paused");
        }
        if (held == null) {
            pause = parts.gate().close(WriteGate.Level.ALL, "Sluice is paused by an operator");
        } else {
            pause = null;
            held.open();
        }
        events.add(EventLog.Kind.ADMIN, author, on ? "paused" : "resumed");
        return ResultTable.message(on ? "statements outside transactions wait" : "statements begin again");
    }

    private ResultTable switchOver(Operation.Switchover wanted, Caller caller, Progress progress)
            throws OperationException, InterruptedException {
        Switchovers implementation = switchovers;
        if (implementation == null) {
            throw new OperationException(Kind.FAILED, "planned switchover is not available");
        }
        Duration timeout = wanted.timeout();
        Duration patience = timeout == null ? SWITCHOVER_TIMEOUT : timeout;
        if (wanted.dryRun()) {
            return implementation.run(wanted.address(), patience, true, progress);
        }
        String what = "switchover to " + wanted.address();
        // Whatever becomes of it: this stands until the end is known.
        String event = what + " was broken off; see the log";
        try {
            ResultTable answer = implementation.run(wanted.address(), patience, false, progress);
            event = what;
            return answer;
        } catch (OperationException e) {
            event = e.kind() == Kind.FAILED ? String.valueOf(e.getMessage()) : what + " refused: " + e.getMessage();
            throw e;
        } finally {
            events.add(EventLog.Kind.ADMIN, caller.author(), event);
        }
    }

    private ResultTable explain(String statement) throws OperationException {
        if (statement.isBlank()) {
            throw new OperationException(Kind.INVALID, "there is no statement to explain");
        }
        String text =
                RouteExplanation.render(statement.getBytes(StandardCharsets.UTF_8), DEFAULT_MODE, parts.classifier());
        Rows rows = new Rows("property", "value");
        List<String> lines = text.lines().toList();
        for (String line : lines) {
            int colon = line.indexOf(':');
            rows.add(line.substring(0, colon), line.substring(colon + 1).strip());
        }
        boolean replica = lines.get(0).endsWith("replica");
        rows.add("backends now", backendsFor(replica && parts.switches().readSplitting()));
        return rows.table();
    }

    /** Where a session without ties would find the role. */
    private String backendsFor(boolean replica) {
        Topology topology = parts.monitor().current();
        BackendStatus primary = topology.primary();
        String fallback = primary == null ? "none" : primary.address().toString();
        if (!replica || topology.readableReplicas() == 0) {
            return fallback;
        }
        return topology.backends().stream()
                .filter(backend -> (topology.readableReplicas() & backend.bit()) != 0)
                .map(backend -> backend.address().toString())
                .collect(Collectors.joining(", "));
    }
}
