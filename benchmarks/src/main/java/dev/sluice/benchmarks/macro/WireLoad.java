package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import dev.sluice.server.config.HostPort;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * A load of {@link WireClient}s: one thread for each client, which does the same thing again and again. Confined to the
 * main thread.
 */
final class WireLoad implements Load {
    private static final int DIGITS = 3;
    private static final double NANOS_PER_SECOND = 1e9;

    private final LoadKind kind;
    private final Servers servers;
    private final byte[] query;

    /** A load whose clients send that query. */
    WireLoad(LoadKind kind, Servers servers, String query) {
        this.kind = kind;
        this.servers = servers;
        this.query = WireClient.query(query);
    }

    @Override
    public LoadResult run(Target target, int connections, Duration warmUp, Duration measured, Window window)
            throws CommandFailure, InterruptedException {
        Stage stage = new Stage();
        List<Client> clients = clients(target, connections, stage);
        try {
            // The end of a large result that began before would be counted as CPU and not as bytes.
            boolean settles = kind == LoadKind.CONNECT;
            if (settles) {
                clients.forEach(Thread::start);
                stage.await(warmUp.toNanos());
            }
            window.opened();
            long start = System.nanoTime();
            stage.measure();
            if (!settles) {
                clients.forEach(Thread::start);
            }
            stage.await(measured.toNanos());
            stage.end();
            // What has begun is ended and counted: a result of seconds has no meaningful part.
            for (Client client : clients) {
                client.join();
            }
            long end = System.nanoTime();
            window.closed();
            @Nullable Exception failure = stage.failure();
            if (failure != null) {
                throw new CommandFailure(
                        1, target.name() + ": a client got an error: " + failure.getMessage(), failure);
            }
            return sum(clients, (end - start) / NANOS_PER_SECOND);
        } finally {
            stage.end();
        }
    }

    private List<Client> clients(Target target, int connections, Stage stage) {
        List<HostPort> addresses = target.addresses(kind);
        List<Client> clients = new ArrayList<>();
        for (int number = 0; number < connections; number++) {
            HostPort address = addresses.get(number % addresses.size());
            WireWork work = kind == LoadKind.CONNECT
                    ? new WireWork.Connecting(servers, address, query)
                    : new WireWork.Reading(servers, address, query);
            clients.add(new Client(work, stage));
        }
        return clients;
    }

    private static LoadResult sum(List<Client> clients, double seconds) {
        Histogram all = new Histogram(DIGITS);
        double units = 0;
        for (Client client : clients) {
            all.add(client.latency);
            units += client.units;
        }
        return new LoadResult(units, seconds, Latency.ofNanos(all));
    }

    /** One client; its figures are read after it has ended. Confined to its own thread until then. */
    private static final class Client extends Thread {
        private final WireWork work;
        private final Stage stage;
        private final Histogram latency = new Histogram(DIGITS);
        private double units;

        Client(WireWork work, Stage stage) {
            super("bench-client");
            this.work = work;
            this.stage = stage;
            setDaemon(true);
        }

        @Override
        public void run() {
            try (work) {
                while (stage.phase() != Stage.Phase.OVER) {
                    boolean counted = stage.phase() == Stage.Phase.MEASURED;
                    long start = System.nanoTime();
                    double done = work.run();
                    if (counted) {
                        latency.recordValue(System.nanoTime() - start);
                        units += done;
                    }
                }
            } catch (IOException | RuntimeException e) {
                stage.fail(e);
            }
        }
    }
}
