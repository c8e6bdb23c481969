package dev.sluice.router.balance;

import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.Topology;
import org.jspecify.annotations.Nullable;

/**
 * Narrows another balancer's choice to the proxy's own zone for as long as that has an eligible backend. Confined to the
 * session's event loop.
 */
public final class ZonePreference implements Balancer {
    private final Balancer balancer;
    private final String zone;

    private @Nullable Topology lastTopology;
    private long inZone;

    /** Prefers backends of {@code zone}; {@code balancer} chooses among them, or among all if there are none. */
    public ZonePreference(Balancer balancer, String zone) {
        this.balancer = balancer;
        this.zone = zone;
    }

    @Override
    public int choose(Topology topology, long eligible, LoadView load, long key) {
        if (topology != lastTopology) {
            inZone = maskOfZone(topology);
            lastTopology = topology;
        }
        long near = eligible & inZone;
        return balancer.choose(topology, near == 0 ? eligible : near, load, key);
    }

    private long maskOfZone(Topology topology) {
        long mask = 0;
        for (BackendStatus backend : topology.backends()) {
            if (zone.equals(backend.zone())) {
                mask |= backend.bit();
            }
        }
        return mask;
    }
}
