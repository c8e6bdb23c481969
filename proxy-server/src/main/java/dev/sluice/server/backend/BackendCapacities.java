package dev.sluice.server.backend;

import dev.sluice.router.topology.BackendAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The addresses and connection caps of all backends, by ordinal. Thread-safe: immutable but for the list of loops. */
public final class BackendCapacities {
    private final List<BackendAddress> addresses;
    private final List<BackendCapacity> capacities;
    private final List<BackendCapacity.Claimant> loops = new CopyOnWriteArrayList<>();

    /**
     * @param addresses by ordinal
     * @param connectionsMax by ordinal
     */
    public BackendCapacities(List<BackendAddress> addresses, List<Integer> connectionsMax) {
        this.addresses = List.copyOf(addresses);
        List<BackendCapacity> all = new ArrayList<>();
        for (int ordinal = 0; ordinal < addresses.size(); ordinal++) {
            all.add(new BackendCapacity(ordinal, connectionsMax.get(ordinal)));
        }
        this.capacities = List.copyOf(all);
    }

    void register(BackendCapacity.Claimant loop) {
        loops.add(loop);
    }

    /** The cap of a backend. */
    public BackendCapacity of(int ordinal) {
        return capacities.get(ordinal);
    }

    /** The address of a backend. */
    public BackendAddress address(int ordinal) {
        return addresses.get(ordinal);
    }

    /** Queues a loop for the next free slot and asks the others to close an idle connection. */
    void await(int ordinal, BackendCapacity.Claimant loop) {
        capacities.get(ordinal).await(loop);
        askToYield(ordinal, loop);
    }

    /** Asks the other loops to close an idle connection. */
    void askToYield(int ordinal, BackendCapacity.Claimant loop) {
        for (BackendCapacity.Claimant other : loops) {
            if (other != loop) {
                other.yieldIdle(ordinal);
            }
        }
    }
}
