package dev.sluice.server;

import dev.sluice.server.backend.BackendCapacities;
import java.util.function.IntConsumer;
import java.util.function.IntSupplier;

/**
 * How many clients are let in: as many as the configuration says, as long as the file descriptors of the process are enough for
 * them and for the connections to the servers in use. It counts again when there are more servers, or less. Thread-safe: it is
 * synchronized.
 */
final class ClientPlaces {
    private final BackendCapacities capacities;
    private final IntSupplier wanted;
    private final Reckoning reckoning;
    private final IntConsumer limit;
    private int lastWanted = -1;
    private int lastBackends;
    private long lastConnections;

    /** Says how many clients there can be. Thread-safe: implementations are. */
    @FunctionalInterface
    interface Reckoning {
        /**
         * Logs a warning if they are less than wanted.
         *
         * @param wanted {@code limits.max-connections}
         * @param backends how many servers there are
         * @param backendConnections what all pools together may have
         */
        int clients(int wanted, int backends, long backendConnections);
    }

    /** @param limit learns the number, also when it is the same as before */
    ClientPlaces(BackendCapacities capacities, IntSupplier wanted, Reckoning reckoning, IntConsumer limit) {
        this.capacities = capacities;
        this.wanted = wanted;
        this.reckoning = reckoning;
        this.limit = limit;
        capacities.whenChanged(this::recount);
    }

    /** Something may have changed. */
    synchronized void recount() {
        int clients = wanted.getAsInt();
        int backends = capacities.backends();
        long connections = capacities.connectionsMax();
        if (clients != lastWanted || backends != lastBackends || connections != lastConnections) {
            lastWanted = clients;
            lastBackends = backends;
            lastConnections = connections;
            limit.accept(reckoning.clients(clients, backends, connections));
        }
    }
}
