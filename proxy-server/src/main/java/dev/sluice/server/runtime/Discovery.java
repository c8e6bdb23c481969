package dev.sluice.server.runtime;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.DiscoveredServer;
import dev.sluice.router.topology.DiscoveredServer.Relation;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.OperatorState;
import dev.sluice.router.topology.Topology;
import dev.sluice.server.monitor.LoginTrial;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The rules by which servers that replication names become backends without being configured, and cease to be. Thread-safe:
 * one thread takes the steps; the reasons that others read are in a concurrent map.
 *
 * <p>A server is used when the monitor account can log in there, it is no backend by another address, no operator has removed
 * it, and there is room. A source is used only while there is no primary: what the primary itself replicates from, or a
 * replica beside it, is another system, and to use it would move the writes there.
 *
 * <p>It is dropped when nobody has named it for as long as servers are kept, it follows nobody and is not the primary. The time
 * stands still while there is no primary: then nobody can be asked.
 */
final class Discovery {
    /** So many servers that nobody configured are in use at the same time. */
    static final int USED_MAX = 16;

    /** A server that could not be used is tried again after so long. */
    static final Duration TRY_AGAIN = Duration.ofSeconds(30);

    /** What servers report of themselves goes into the address of a connection: nothing but a host must be in it. */
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._-]{1,255}|[0-9A-Fa-f:.]{2,45}");

    private final Servers servers;
    private final Duration keep;
    private final LongSupplier nanoClock;
    private final Map<BackendAddress, Long> absentSince = new HashMap<>();
    private final Map<BackendAddress, Long> failedAt = new HashMap<>();
    private final Map<BackendAddress, String> reasons = new ConcurrentHashMap<>();

    /** The servers and what can be done with them. Thread-safe: implementations take the lock of changes themselves. */
    interface Servers {
        /** What is known now. */
        Topology topology();

        /** The servers in use that nobody configured. */
        Set<BackendAddress> used();

        /** Whether an operator has removed the server, so that it must not come back by itself. */
        boolean isRemoved(BackendAddress address);

        /** How many more backends there is room for. */
        int room();

        /** Logs in with the monitor account. */
        LoginTrial login(BackendAddress address);

        /** Makes the server a backend. */
        void use(DiscoveredServer server) throws InterruptedException;

        /** Makes it one no more. */
        void drop(BackendAddress address) throws InterruptedException;
    }

    /** @param keep how long a server stays in use that replication does not name any more */
    Discovery(Servers servers, Duration keep, LongSupplier nanoClock) {
        this.servers = servers;
        this.keep = keep;
        this.nanoClock = nanoClock;
    }

    /** Why a server that was found is not used, as a clause; null if there is no reason yet. */
    @Nullable
    String whyNot(BackendAddress address) {
        return reasons.get(address);
    }

    /** Looks at what is known now, drops what is gone, and uses at most one server more. */
    void step() throws InterruptedException {
        Topology topology = servers.topology();
        long now = nanoClock.getAsLong();
        dropAbsent(topology, now);
        Set<BackendAddress> found = new HashSet<>();
        topology.discovered().forEach(server -> found.add(server.address()));
        reasons.keySet().retainAll(found);
        failedAt.keySet().retainAll(found);
        if (topology.backends().stream().anyMatch(Discovery::isUnknown)) {
            // One of them may turn out to be the same server by another address.
            return;
        }
        for (DiscoveredServer server : topology.discovered()) {
            String reason = tryToUse(server, topology, now);
            if (reason == null) {
                reasons.remove(server.address());
                return;
            }
            reasons.put(server.address(), reason);
        }
    }

    /** Nobody knows which server it is. One that is offline may never be asked, but may have been known before. */
    private static boolean isUnknown(BackendStatus backend) {
        return backend.health() == Health.UNPROBED
                && (backend.facts() == null || backend.operatorState() != OperatorState.OFFLINE);
    }

    private void dropAbsent(Topology topology, long now) throws InterruptedException {
        Set<BackendAddress> used = servers.used();
        absentSince.keySet().retainAll(used);
        for (BackendStatus backend : topology.backends()) {
            BackendAddress address = backend.address();
            if (!used.contains(address)) {
                continue;
            }
            boolean present = (topology.named() & backend.bit()) != 0
                    || topology.primaryOrdinal() < 0
                    || topology.primaryOrdinal() == backend.ordinal()
                    || backend.health() == Health.UNPROBED;
            if (present) {
                absentSince.remove(address);
            } else if (now - absentSince.computeIfAbsent(address, unused -> now) >= keep.toNanos()) {
                absentSince.remove(address);
                servers.drop(address);
            }
        }
    }

    /** Null if it is used from now on, else why not. */
    private @Nullable String tryToUse(DiscoveredServer server, Topology topology, long now)
            throws InterruptedException {
        BackendAddress address = server.address();
        String obstacle = obstacle(server, topology);
        if (obstacle != null) {
            return obstacle;
        }
        Long failed = failedAt.get(address);
        if (failed != null && now - failed < TRY_AGAIN.toNanos()) {
            return reasons.getOrDefault(address, "it is tried again soon");
        }
        LoginTrial trial = servers.login(address);
        BackendStatus same = trial.knownAs();
        if (same != null) {
            failedAt.put(address, now);
            return "it is the same server as " + same.address();
        }
        if (trial.failure() != null) {
            failedAt.put(address, now);
            return "the monitor cannot log in: " + trial.failure();
        }
        servers.use(server);
        return null;
    }

    private @Nullable String obstacle(DiscoveredServer server, Topology topology) {
        if (!HOST.matcher(server.address().host()).matches()) {
            return "it reports no valid host";
        }
        if (servers.isRemoved(server.address())) {
            return "an operator removed it";
        }
        if (server.relation() == Relation.SOURCE && topology.primary() != null) {
            return "a source is used only while there is no primary";
        }
        if (servers.used().size() >= USED_MAX) {
            return USED_MAX + " discovered servers are in use already";
        }
        return servers.room() == 0 ? "there is no room for another backend" : null;
    }
}
