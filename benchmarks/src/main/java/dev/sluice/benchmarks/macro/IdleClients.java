package dev.sluice.benchmarks.macro;

import dev.sluice.server.config.HostPort;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Clients that are connected. Confined to the main thread; a few others help to connect. */
final class IdleClients implements AutoCloseable {
    private static final int HELPERS = 4;

    private final List<WireClient> clients = new ArrayList<>();

    private IdleClients() {}

    /** Connects that many. */
    static IdleClients connect(Servers servers, HostPort address, int count) throws IOException, InterruptedException {
        IdleClients idle = new IdleClients();
        ExecutorService helpers = Executors.newFixedThreadPool(HELPERS);
        try {
            List<Future<WireClient>> coming = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                coming.add(helpers.submit(() -> WireClient.connect(address, servers.sysbench(), servers.database())));
            }
            for (Future<WireClient> client : coming) {
                idle.clients.add(client.get());
            }
            return idle;
        } catch (ExecutionException e) {
            int connected = idle.clients.size();
            idle.close();
            throw new IOException(
                    "connection %d of %d: %s".formatted(connected + 1, count, e.getCause()), e.getCause());
        } finally {
            helpers.shutdownNow();
        }
    }

    /** Lets one of them ask and wait for the answer. */
    void ask(int index, byte[] query) throws IOException {
        long unused = clients.get(index).run(query);
    }

    @Override
    public void close() throws IOException {
        for (WireClient client : clients) {
            client.close();
        }
        clients.clear();
    }
}
