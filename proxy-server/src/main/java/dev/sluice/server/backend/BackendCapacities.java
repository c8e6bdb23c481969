package dev.sluice.server.backend;

import dev.sluice.router.topology.BackendAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * What the pools of all event loops share: the addresses and connection caps of the backends, by ordinal, and the limit on
 * how many may wait. Thread-safe: immutable but for the list of loops.
 */
public final class BackendCapacities {
    private final List<BackendAddress> addresses;
    private final List<BackendCapacity> capacities;
    private final WaitingBudget waiting;
    private final List<BackendCapacity.Claimant> loops = new CopyOnWriteArrayList<>();

    /**
     * @param addresses by ordinal
     * @param connectionsMax by ordinal
     * @param waiting how many may wait
     */
    public BackendCapacities(List<BackendAddress> addresses, List<Integer> connectionsMax, WaitingBudget waiting) {
        this.addresses = List.copyOf(addresses);
        List<BackendCapacity> all = new ArrayList<>();
        for (int ordinal = 0; ordinal < addresses.size(); ordinal++) {
            all.add(new BackendCapacity(ordinal, connectionsMax.get(ordinal)));
        }
        this.capacities = List.copyOf(all);
        this.waiting = waiting;
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

    /** How many may wait for a connection. */
    public WaitingBudget waiting() {
        return waiting;
    }

    /** Asks the other loops to make room; {@code starving} if somebody has waited for long. */
    void askForRoom(int ordinal, BackendCapacity.Claimant loop, boolean starving) {
        for (BackendCapacity.Claimant other : loops) {
            if (other != loop) {
                other.makeRoom(ordinal, starving);
            }
        }
    }
}
