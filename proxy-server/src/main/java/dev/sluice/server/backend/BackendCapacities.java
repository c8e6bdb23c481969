package dev.sluice.server.backend;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.router.topology.Topology;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What the pools of all event loops share: the addresses and connection caps of the backends, by ordinal, and the limit on
 * how many may wait. Thread-safe: an array of atomic references; changes are made under the monitor of this object.
 *
 * <p>A removed backend keeps its ordinal until its last connection is closed, so that whoever still holds one finds what
 * belongs to it. Ordinals are given out in turn, so that one that was freed stays free for as long as possible.
 */
public final class BackendCapacities {
    private final AtomicReferenceArray<Entry> entries = new AtomicReferenceArray<>(Topology.ORDINAL_MAX + 1);
    private final WaitingBudget waiting;
    private final TotalCapacity total;
    private final List<BackendCapacity.Claimant> loops = new CopyOnWriteArrayList<>();
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final boolean[] removed = new boolean[Topology.ORDINAL_MAX + 1];
    private int last = -1;

    private record Entry(BackendAddress address, BackendCapacity capacity) {}

    /**
     * @param addresses by ordinal
     * @param connectionsMax by ordinal
     * @param totalMax connections to all of them together; 0 for no bound of their own
     * @param waiting how many may wait
     */
    public BackendCapacities(
            List<BackendAddress> addresses, List<Integer> connectionsMax, int totalMax, WaitingBudget waiting) {
        this.waiting = waiting;
        this.total = new TotalCapacity(totalMax);
        for (int ordinal = 0; ordinal < addresses.size(); ordinal++) {
            put(ordinal, addresses.get(ordinal), connectionsMax.get(ordinal));
        }
    }

    private void put(int ordinal, BackendAddress address, int connectionsMax) {
        entries.set(ordinal, new Entry(address, new BackendCapacity(ordinal, connectionsMax, total)));
        removed[ordinal] = false;
        last = ordinal;
    }

    /** Whoever wants to know when the number of backends, or of connections that there may be, is another. */
    public void whenChanged(Runnable listener) {
        listeners.add(listener);
    }

    /** The backends that are not removed. */
    public synchronized int backends() {
        return (int) inUse().count();
    }

    /** How many connections to them there may be at the same time. */
    public synchronized long connectionsMax() {
        long sum = inUse().mapToLong(entry -> entry.capacity().max()).sum();
        return total.max() == 0 ? sum : Math.min(sum, total.max());
    }

    private Stream<Entry> inUse() {
        return IntStream.range(0, removed.length)
                .filter(ordinal -> !removed[ordinal])
                .mapToObj(entries::get)
                .filter(Objects::nonNull);
    }

    /**
     * Adds a backend and returns its ordinal.
     *
     * @throws IllegalStateException if no ordinal is free
     */
    public int add(BackendAddress address, int connectionsMax) {
        int ordinal = place(address, connectionsMax);
        listeners.forEach(Runnable::run);
        return ordinal;
    }

    private synchronized int place(BackendAddress address, int connectionsMax) {
        for (int i = 1; i <= removed.length; i++) {
            int ordinal = (last + i) % removed.length;
            Entry entry = entries.get(ordinal);
            if (entry == null || (removed[ordinal] && entry.capacity().isAbandoned())) {
                put(ordinal, address, connectionsMax);
                return ordinal;
            }
        }
        throw new IllegalStateException("all " + removed.length + " places for backends are in use");
    }

    /** How many backends can be added now. */
    public synchronized int free() {
        int free = 0;
        for (int ordinal = 0; ordinal < removed.length; ordinal++) {
            Entry entry = entries.get(ordinal);
            if (entry == null || (removed[ordinal] && entry.capacity().isAbandoned())) {
                free++;
            }
        }
        return free;
    }

    /** Changes the cap of a backend. */
    public void resize(int ordinal, int connectionsMax) {
        of(ordinal).resize(connectionsMax);
        listeners.forEach(Runnable::run);
    }

    /** Changes the cap over all backends together; 0 for none. The pools have to be told when it is lower than before. */
    public void resizeTotal(int connectionsMax) {
        total.resize(connectionsMax);
        listeners.forEach(Runnable::run);
    }

    /** The cap over all backends together. */
    TotalCapacity total() {
        return total;
    }

    /** Closes a backend to new work, or opens it again. The pools have to be told as well. */
    public void closed(int ordinal, boolean nothingNew) {
        of(ordinal).closed(nothingNew);
    }

    /**
     * Frees the ordinal of a closed backend as soon as nothing uses it any more. To be called when all event loops have been
     * told, so that none of them is still about to use it.
     */
    public void remove(int ordinal) {
        if (!of(ordinal).isClosed()) {
            throw new IllegalStateException("backend " + ordinal + " is not closed");
        }
        synchronized (this) {
            removed[ordinal] = true;
        }
        listeners.forEach(Runnable::run);
    }

    void register(BackendCapacity.Claimant loop) {
        loops.add(loop);
    }

    /** The cap of a backend; of a removed one, too, until its ordinal is given to another. */
    public BackendCapacity of(int ordinal) {
        return entries.get(ordinal).capacity();
    }

    /** The address of a backend. */
    public BackendAddress address(int ordinal) {
        return entries.get(ordinal).address();
    }

    /** How many may wait for a connection. */
    public WaitingBudget waiting() {
        return waiting;
    }

    /** Asks the other loops to close prepared statements of idle connections. */
    void askForStatements(int ordinal, BackendCapacity.Claimant loop) {
        for (BackendCapacity.Claimant other : loops) {
            if (other != loop) {
                other.giveUpStatements(ordinal);
            }
        }
    }

    /** Asks all loops to close a user's idle connections. */
    void askForShare(int ordinal, String user) {
        loops.forEach(each -> each.giveUpShare(ordinal, user));
    }

    /** Asks the other loops to make room for somebody; {@code starving} if he has waited for long. */
    void askForRoom(BackendCapacity.Need need, boolean starving) {
        for (BackendCapacity.Claimant other : loops) {
            if (other != need.claimant()) {
                other.makeRoom(need, starving);
            }
        }
    }
}
