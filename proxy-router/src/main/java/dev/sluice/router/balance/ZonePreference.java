package dev.sluice.router.balance;

import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.Topology;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Narrows another balancer's choice to the proxy's own zone while that has an eligible backend that is not overloaded.
 * Confined to the session's event loop.
 *
 * <p>Overload is an absolute number of statements in flight: this proxy cannot compare with the other zones, where it sends
 * nothing. A backend that has reached it is left out, first of its own zone; when the zone has none left, the statement
 * goes to another zone; when all of them are overloaded, the choice is among all.
 */
public final class ZonePreference implements Balancer {
    private final Balancer balancer;
    private final String zone;
    private final int overloadAt;

    private @Nullable Topology lastTopology;
    private long inZone;

    /**
     * Prefers backends of {@code zone}; {@code balancer} chooses among those that are left.
     *
     * @param overloadAt statements in flight, as far as the load view sees them, that make a backend overloaded
     */
    public ZonePreference(Balancer balancer, String zone, int overloadAt) {
        this.balancer = balancer;
        this.zone = zone;
        this.overloadAt = overloadAt;
    }

    @Override
    public int choose(Topology topology, long eligible, LoadView load, BalanceKeys keys) {
        if (topology != lastTopology) {
            inZone = maskOfZone(topology);
            lastTopology = topology;
        }
        long candidates = Candidates.of(topology, eligible);
        long relaxed = 0;
        for (long open = candidates; open != 0; open &= open - 1) {
            int ordinal = Long.numberOfTrailingZeros(open);
            if (load.inFlight(ordinal) < overloadAt) {
                relaxed |= 1L << ordinal;
            }
        }
        long near = relaxed & inZone;
        long mask = near != 0 ? near : relaxed != 0 ? relaxed : candidates;
        return balancer.choose(topology, mask, load, keys);
    }

    private long maskOfZone(Topology topology) {
        long mask = 0;
        List<BackendStatus> backends = topology.backends();
        // By index: an iterator would be an object for each new snapshot.
        for (int i = 0; i < backends.size(); i++) {
            BackendStatus backend = backends.get(i);
            if (zone.equals(backend.zone())) {
                mask |= backend.bit();
            }
        }
        return mask;
    }
}
