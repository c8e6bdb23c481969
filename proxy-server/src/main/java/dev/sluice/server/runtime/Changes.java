package dev.sluice.server.runtime;

import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.OperatorState;
import dev.sluice.router.topology.Role;
import dev.sluice.router.topology.Topology;
import dev.sluice.server.admin.Operation.Feature;
import dev.sluice.server.admin.OperationException;
import dev.sluice.server.admin.OperationException.Kind;
import dev.sluice.server.config.HostPort;
import dev.sluice.server.session.SessionSwitches;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of every change of the configuration: is it harmless, is it valid, is it on the disk, is it in force, is it an
 * event. Thread-safe: one change at a time by the caller's lock.
 */
final class Changes {
    private static final Logger LOGGER = LoggerFactory.getLogger(Changes.class);

    private final RuntimeParts parts;
    private final ConfigStore store;
    private final LiveBackends backends;
    private final EventLog events;

    Changes(RuntimeParts parts, ConfigStore store, LiveBackends backends, EventLog events) {
        this.parts = parts;
        this.store = store;
        this.backends = backends;
        this.events = events;
    }

    ConfigStore store() {
        return store;
    }

    LiveBackends backends() {
        return backends;
    }

    EventLog events() {
        return events;
    }

    /** Switches what sessions look at to what the configuration says. */
    static void switchTo(SessionSwitches switches, RuntimeConfig config) {
        switches.readSplitting(config.isOn(Feature.READ_SPLITTING));
        switches.multiplexing(config.isOn(Feature.MULTIPLEXING));
        switches.causalReads(config.isOn(Feature.CAUSAL_READS));
        switches.retry(config.isOn(Feature.RETRY));
    }

    /**
     * Makes a change.
     *
     * @param what was done, in one sentence
     */
    ConfigVersion make(String author, String what, UnaryOperator<RuntimeConfig> how)
            throws OperationException, InterruptedException {
        RuntimeConfig before = store.current().config();
        try {
            requireRoom(before, how.apply(before));
            ConfigVersion version = store.change(author, what, how);
            inForce(before, version, author, what);
            return version;
        } catch (IllegalArgumentException e) {
            throw new OperationException(Kind.INVALID, String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw notWritten(e);
        }
    }

    static OperationException notWritten(IOException e) {
        String why = "nothing has changed, because it could not be saved: " + e.getMessage();
        LOGGER.atError().log(why);
        return new OperationException(Kind.FAILED, why);
    }

    /** Puts a version in force that the store has taken. */
    void inForce(RuntimeConfig before, ConfigVersion version, String author, String what) throws InterruptedException {
        RuntimeConfig now = version.config();
        switchTo(parts.switches(), now);
        backends.apply(before, now);
        if (now.isOn(Feature.MULTIPLEXING) && !before.isOn(Feature.MULTIPLEXING)) {
            giveBackIdle();
        }
        events.add(EventLog.Kind.ADMIN, author, what);
        // Who asked for it is in the audit log.
        LOGGER.atDebug()
                .addKeyValue("author", author)
                .addKeyValue("configVersion", version.number())
                .log(what);
    }

    private void giveBackIdle() throws InterruptedException {
        try {
            parts.sessions().giveBackIdle();
        } catch (TimeoutException e) {
            LOGGER.atWarn()
                    .log(
                            "an event loop is slow: its idle sessions give their connections back after their next statement");
        }
    }

    void requireRoom(RuntimeConfig configured, RuntimeConfig now) throws OperationException {
        RuntimeConfig before = backends.withDiscovered(configured);
        long more = now.backends().stream()
                .filter(backend -> before.find(backend.address()) == null)
                .count();
        if (more > backends.free()) {
            throw new OperationException(
                    Kind.CONFLICT,
                    "there is no place for " + more + " more backends: at most " + (Topology.ORDINAL_MAX + 1)
                            + " may be in use, removed ones with open connections included");
        }
    }

    /**
     * Refuses what would leave too little.
     *
     * @param remedy what to do if it is meant, for the end of the sentence
     */
    void requireHarmless(RuntimeConfig from, RuntimeConfig to, boolean lastReplicaToo, String remedy)
            throws OperationException {
        RuntimeConfig before = backends.withDiscovered(from);
        RuntimeConfig after = backends.withDiscovered(to);
        if (to.backends().isEmpty()) {
            throw new OperationException(
                    Kind.CONFLICT,
                    "the last backend cannot be removed, also not with FORCE; ADD BACKEND another one first");
        }
        Topology topology = parts.monitor().current();
        List<BackendIntent> lost = before.backends().stream()
                .filter(backend -> isActive(before, backend) && !isActive(after, backend))
                .toList();
        List<BackendIntent> dropped = before.backends().stream()
                .filter(backend -> isKept(before, backend) && !isKept(after, backend))
                .toList();
        String harm = lost.isEmpty() ? null : harm(topology, before, lost, lastReplicaToo);
        if (harm == null && lastReplicaToo && isLastReplica(topology, dropped)) {
            harm = "no replica would be left, not even a drained one";
        }
        if (harm != null) {
            throw new OperationException(Kind.CONFLICT, harm + "; " + remedy);
        }
    }

    /** Whether a backend is the primary at this moment. */
    boolean isPrimary(HostPort address) {
        BackendStatus primary = parts.monitor().current().primary();
        return primary != null
                && primary.address().host().equals(address.host())
                && primary.address().port() == address.port();
    }

    private static boolean isActive(RuntimeConfig config, BackendIntent backend) {
        BackendIntent there = config.find(backend.address());
        return there != null && there.state() == OperatorState.ACTIVE;
    }

    /** Used, or drained and ready to be resumed. */
    private static boolean isKept(RuntimeConfig config, BackendIntent backend) {
        BackendIntent there = config.find(backend.address());
        return there != null && there.state() != OperatorState.OFFLINE;
    }

    /** Whether the only replicas that answer are among those that go. */
    private static boolean isLastReplica(Topology topology, List<BackendIntent> dropped) {
        List<BackendStatus> replicas = topology.backends().stream()
                .filter(backend -> backend.role() == Role.REPLICA && backend.health() == Health.ONLINE)
                .toList();
        return !replicas.isEmpty() && replicas.stream().allMatch(backend -> contains(dropped, backend));
    }

    private @Nullable String harm(
            Topology topology, RuntimeConfig before, List<BackendIntent> lost, boolean lastReplicaToo) {
        List<BackendStatus> usable =
                topology.backends().stream().filter(BackendStatus::isUsable).toList();
        List<BackendStatus> left =
                usable.stream().filter(backend -> !contains(lost, backend)).toList();
        BackendStatus primary = topology.primary();
        if (primary != null && contains(lost, primary)) {
            return primary.address() + " is the primary, and writes would have nowhere to go";
        }
        if (!usable.isEmpty() && left.isEmpty()) {
            return "no usable backend would be left";
        }
        if (lost.size() * 2 > before.backends().size()) {
            return lost.size() + " of " + before.backends().size() + " backends would go at once";
        }
        boolean hadReplica = usable.stream().anyMatch(backend -> backend.role() == Role.REPLICA);
        boolean hasReplica = left.stream().anyMatch(backend -> backend.role() == Role.REPLICA);
        return lastReplicaToo && hadReplica && !hasReplica ? "no usable replica would be left" : null;
    }

    private static boolean contains(List<BackendIntent> backends, BackendStatus status) {
        return backends.stream().anyMatch(backend -> backend.backendAddress().equals(status.address()));
    }
}
