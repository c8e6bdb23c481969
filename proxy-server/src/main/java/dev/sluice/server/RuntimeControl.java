package dev.sluice.server;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.OperatorState;
import dev.sluice.server.admin.Administration.Caller;
import dev.sluice.server.admin.Administration.Door;
import dev.sluice.server.admin.Operation;
import dev.sluice.server.admin.OperationException;
import dev.sluice.server.backend.PoolSettings;
import dev.sluice.server.config.LimitsConfig;
import dev.sluice.server.config.SluiceConfig;
import dev.sluice.server.runtime.BackendIntent;
import dev.sluice.server.runtime.ConfigStore;
import dev.sluice.server.runtime.EventLog;
import dev.sluice.server.runtime.FileWatch;
import dev.sluice.server.runtime.ProxyAdministration;
import dev.sluice.server.runtime.RuntimeParts;
import dev.sluice.server.session.LoopContext;
import dev.sluice.server.session.SessionSettings;
import dev.sluice.server.session.SessionSwitches;
import dev.sluice.server.tls.LiveTls;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What of a server can change while it runs, and who changes it: the configuration in force, the administration, the watch on
 * the file. Thread-safe: what changes is volatile.
 */
final class RuntimeControl implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(RuntimeControl.class);

    private final ConfigStore store;
    private final @Nullable Path file;
    private final EventLog events = new EventLog(InstantSource.system());
    private final SessionSwitches switches = new SessionSwitches();
    private volatile SessionSettings sessionSettings;
    private volatile LimitsConfig limits;
    private @Nullable FileWatch watch;
    private volatile @Nullable ProxyAdministration administration;

    private RuntimeControl(ConfigStore store, @Nullable Path file) {
        this.store = store;
        this.file = file;
        this.sessionSettings = ConfiguredSettings.session(store.wholeFile());
        this.limits = store.wholeFile().limits();
    }

    /** Combines a configuration with what operators changed before the last stop. */
    static RuntimeControl open(SluiceConfig config, @Nullable Path file) throws IOException {
        RuntimeControl control = new RuntimeControl(ConfigStore.open(config, InstantSource.system()), file);
        for (String conflict : control.store.conflicts()) {
            LOGGER.atWarn().addKeyValue("file", file).log(conflict);
            control.events.add(EventLog.Kind.CONFIG, "file", conflict);
        }
        return control;
    }

    /** The configuration to start with. */
    SluiceConfig effective() {
        return store.effective();
    }

    /** What operators want of the backends to start with. */
    Map<BackendAddress, OperatorState> states() {
        Map<BackendAddress, OperatorState> states = new HashMap<>();
        for (BackendIntent backend : store.current().config().backends()) {
            states.put(
                    new BackendAddress(
                            backend.address().host(), backend.address().port()),
                    backend.state());
        }
        return states;
    }

    SessionSwitches switches() {
        return switches;
    }

    SessionSettings sessionSettings() {
        return sessionSettings;
    }

    /** The limits in force. */
    LimitsConfig limits() {
        return limits;
    }

    /**
     * Begins to carry out operations, and to watch the file.
     *
     * @param tls reads its files again
     * @param reception learns what has changed for clients
     */
    ProxyAdministration start(
            RuntimeParts parts,
            Supplier<Collection<LoopContext>> loops,
            LiveTls tls,
            Consumer<SluiceConfig> reception) {
        parts.monitor().addListener(events::topologyChanged);
        ProxyAdministration started = new ProxyAdministration(
                parts,
                new ProxyAdministration.Source(
                        store,
                        file,
                        config -> new ChangedSettings(
                                tls.prepare(config.tls()), () -> apply(config, parts, loops.get(), reception))),
                events);
        administration = started;
        if (store.wholeFile().monitor().discover().use()) {
            started.discover();
        }
        Path watched = file;
        if (watched != null) {
            FileWatch watcher = new FileWatch(
                    watched, () -> reload(new Caller("file watch", Door.FILE_WATCH, watched.toString(), null)));
            watch = watcher;
            watcher.start();
        }
        return started;
    }

    private void apply(
            SluiceConfig config, RuntimeParts parts, Collection<LoopContext> loops, Consumer<SluiceConfig> reception) {
        sessionSettings = ConfiguredSettings.session(config);
        limits = config.limits();
        reception.accept(config);
        parts.capacities()
                .waiting()
                .limits(config.pool().waiting().max(), ConfiguredSettings.waitingBytesMax(config.pool()));
        parts.capacities().resizeTotal(config.pool().maxConnections());
        PoolSettings pool = ConfiguredSettings.pool(config.pool());
        for (LoopContext loop : loops) {
            var unused = loop.ask(() -> {
                loop.pool().settings(pool);
                loop.pool().totalChanged();
                return pool;
            });
        }
    }

    /** Reads the file again, because a signal says so. */
    void reloadBySignal(String signal) {
        reload(new Caller(signal, Door.SIGNAL, "this host", null));
    }

    /** Whoever says so hears no answer; what is wrong is in the log. */
    private void reload(Caller caller) {
        ProxyAdministration running = administration;
        if (running == null) {
            return;
        }
        try {
            var answer = running.run(new Operation.Reload(false), caller, step -> {});
            answer.rows()
                    .forEach(row -> LOGGER.atInfo()
                            .addKeyValue("author", caller.author())
                            .log("configuration: {}", row));
        } catch (OperationException e) {
            // The audit log has it.
            LOGGER.atDebug().addKeyValue("author", caller.author()).setCause(e).log("configuration not reloaded");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            // The next change of the file deserves its chance.
            LOGGER.atError().addKeyValue("author", caller.author()).setCause(e).log("reload failed");
        }
    }

    @Override
    public void close() {
        FileWatch watcher = watch;
        if (watcher != null) {
            watcher.close();
        }
        ProxyAdministration running = administration;
        if (running != null) {
            running.close();
        }
    }
}
