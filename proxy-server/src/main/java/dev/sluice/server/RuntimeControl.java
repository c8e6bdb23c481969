package dev.sluice.server;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.OperatorState;
import dev.sluice.server.admin.Administration.Caller;
import dev.sluice.server.admin.Operation;
import dev.sluice.server.admin.OperationException;
import dev.sluice.server.backend.PoolSettings;
import dev.sluice.server.config.SluiceConfig;
import dev.sluice.server.runtime.BackendIntent;
import dev.sluice.server.runtime.ConfigStore;
import dev.sluice.server.runtime.EventLog;
import dev.sluice.server.runtime.FileWatch;
import dev.sluice.server.runtime.ProxyAdministration;
import dev.sluice.server.runtime.RuntimeParts;
import dev.sluice.server.session.LoopContext;
import dev.sluice.server.session.SessionRegistry;
import dev.sluice.server.session.SessionSettings;
import dev.sluice.server.session.SessionSwitches;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
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
    private @Nullable FileWatch watch;
    private volatile @Nullable ProxyAdministration administration;

    private RuntimeControl(ConfigStore store, @Nullable Path file) {
        this.store = store;
        this.file = file;
        this.sessionSettings = ConfiguredSettings.session(store.wholeFile());
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

    /** Begins to carry out operations, and to watch the file. */
    ProxyAdministration start(RuntimeParts parts, Supplier<Collection<LoopContext>> loops, SessionRegistry registry) {
        parts.monitor().addListener(events::topologyChanged);
        ProxyAdministration started = new ProxyAdministration(
                parts,
                new ProxyAdministration.Source(store, file, config -> apply(config, parts, loops.get(), registry)),
                events);
        administration = started;
        if (store.wholeFile().monitor().discover().use()) {
            started.discover();
        }
        Path watched = file;
        if (watched != null) {
            FileWatch watcher = new FileWatch(watched, () -> reload("file watch"));
            watch = watcher;
            watcher.start();
        }
        return started;
    }

    private void apply(
            SluiceConfig config, RuntimeParts parts, Collection<LoopContext> loops, SessionRegistry registry) {
        sessionSettings = ConfiguredSettings.session(config);
        registry.connectionsMax(config.limits().maxConnections());
        parts.capacities()
                .waiting()
                .limits(config.pool().waiting().max(), config.pool().waiting().bytesMax());
        PoolSettings pool = ConfiguredSettings.pool(config.pool());
        for (LoopContext loop : loops) {
            var unused = loop.ask(() -> {
                loop.pool().settings(pool);
                return pool;
            });
        }
    }

    /** Reads the file again, because somebody said so who hears no answer; what is wrong is in the log. */
    void reload(String author) {
        ProxyAdministration running = administration;
        if (running == null) {
            return;
        }
        try {
            var answer = running.run(new Operation.Reload(false), new Caller(author, null), step -> {});
            answer.rows()
                    .forEach(
                            row -> LOGGER.atInfo().addKeyValue("author", author).log("configuration: {}", row));
        } catch (OperationException e) {
            LOGGER.atWarn().addKeyValue("author", author).log("configuration not reloaded: {}", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            // The next change of the file deserves its chance.
            LOGGER.atError().addKeyValue("author", author).setCause(e).log("reload failed");
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
