package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import dev.sluice.server.config.HostPort;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * A load of Connector/J: one thread and one connection for each client, each of which sends its next query when the last
 * one is answered. Confined to the main thread.
 */
final class ConnectorJLoad implements Load {
    private static final int DIGITS = 3;
    private static final double NANOS_PER_SECOND = 1e9;

    private final LoadKind kind;
    private final Jdbc jdbc;
    private final int rows;

    /** A load on a table with that many rows. */
    ConnectorJLoad(LoadKind kind, Jdbc jdbc, int rows) {
        this.kind = kind;
        this.jdbc = jdbc;
        this.rows = rows;
    }

    @Override
    public LoadResult run(Target target, int connections, Duration warmUp, Duration measured, Window window)
            throws CommandFailure, InterruptedException {
        Stage stage = new Stage();
        List<Client> clients = connect(target, connections, stage);
        try {
            clients.forEach(Thread::start);
            stage.await(warmUp.toNanos());
            window.opened();
            long start = System.nanoTime();
            stage.measure();
            stage.await(measured.toNanos());
            long end = System.nanoTime();
            window.closed();
            stage.end();
            for (Client client : clients) {
                client.join();
            }
            @Nullable Exception failure = stage.failure();
            if (failure != null) {
                throw new CommandFailure(
                        1, target.name() + ": a client got an error: " + failure.getMessage(), failure);
            }
            return sum(clients, (end - start) / NANOS_PER_SECOND);
        } finally {
            stage.end();
            close(clients);
        }
    }

    @Override
    public boolean speaksTls() {
        return true;
    }

    private List<Client> connect(Target target, int connections, Stage stage) throws CommandFailure {
        List<HostPort> addresses = target.addresses(kind);
        List<Client> clients = new ArrayList<>();
        try {
            for (int number = 0; number < connections; number++) {
                HostPort address = addresses.get(number % addresses.size());
                clients.add(
                        new Client(ClientWork.open(kind, jdbc.withTls(target.tls()), address, number, rows), stage));
            }
            return clients;
        } catch (SQLException e) {
            close(clients);
            throw new CommandFailure(
                    1,
                    "%s: client %d of %d could not connect: %s"
                            .formatted(target.name(), clients.size() + 1, connections, Jdbc.reason(e)),
                    e);
        }
    }

    private static void close(List<Client> clients) throws CommandFailure {
        @Nullable SQLException failure = null;
        for (Client client : clients) {
            try {
                client.work.close();
            } catch (SQLException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw new CommandFailure("a client could not disconnect: " + Jdbc.reason(failure));
        }
    }

    private static LoadResult sum(List<Client> clients, double seconds) {
        Histogram all = new Histogram(DIGITS);
        long queries = 0;
        for (Client client : clients) {
            all.add(client.latency);
            queries += client.queries;
        }
        return new LoadResult(queries, seconds, Latency.ofNanos(all));
    }

    /** One client; its figures are read after it has ended. Confined to its own thread until then. */
    private static final class Client extends Thread {
        private final ClientWork work;
        private final Stage stage;
        private final Histogram latency = new Histogram(DIGITS);
        private long queries;

        Client(ClientWork work, Stage stage) {
            super("bench-client");
            this.work = work;
            this.stage = stage;
            setDaemon(true);
        }

        @Override
        public void run() {
            try {
                while (stage.phase() != Stage.Phase.OVER) {
                    boolean counted = stage.phase() == Stage.Phase.MEASURED;
                    long start = System.nanoTime();
                    int statements = work.run();
                    long end = System.nanoTime();
                    // Only what lies in the measured time as a whole, as does the CPU.
                    if (counted && stage.phase() == Stage.Phase.MEASURED) {
                        latency.recordValue(end - start);
                        queries += statements;
                    }
                }
            } catch (SQLException | RuntimeException e) {
                stage.fail(e);
            }
        }
    }
}
