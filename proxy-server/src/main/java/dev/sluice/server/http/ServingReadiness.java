package dev.sluice.server.http;

import dev.sluice.router.topology.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Ready means: the listener is up, a primary is known and no shutdown has begun. Thread-safe: it asks suppliers that any
 * thread may ask.
 *
 * <p>A lost replica is no obstacle: taking the proxy out of service would not bring it back.
 */
public final class ServingReadiness implements ReadinessProbe {
    private final BooleanSupplier listening;
    private final BooleanSupplier draining;
    private final Supplier<Topology> topology;

    /** Asks these three at each check. */
    public ServingReadiness(BooleanSupplier listening, BooleanSupplier draining, Supplier<Topology> topology) {
        this.listening = listening;
        this.draining = draining;
        this.topology = topology;
    }

    @Override
    public List<String> obstacles() {
        List<String> obstacles = new ArrayList<>();
        if (!listening.getAsBoolean()) {
            obstacles.add("the listener is not up");
        }
        if (draining.getAsBoolean()) {
            obstacles.add("a shutdown has begun");
        }
        Topology now = topology.get();
        if (now.primary() == null) {
            obstacles.add(now.alarm() == null ? "no primary is known" : "no primary is known: " + now.alarm());
        }
        return obstacles;
    }
}
