package dev.sluice.server.it;

import dev.sluice.router.session.Consistency;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Clients that count a row each upwards and read everybody's rows, and notice when a read shows less than it must.
 * Thread-safe: clients share atomics only.
 */
final class ConsistencyChecker {
    /** What a run found. Immutable. */
    record Result(long reads, long replicaReads, long writes, long ownWriteMissed, long wentBack, long otherMissed) {
        long violations(Consistency mode) {
            return switch (mode) {
                case NONE -> 0;
                case SESSION -> ownWriteMissed + wentBack;
                case GLOBAL -> ownWriteMissed + wentBack + otherMissed;
            };
        }

        String share() {
            return "%.1f %% of %d reads on replicas, %d writes".formatted(100.0 * replicaReads / reads, reads, writes);
        }
    }

    private static final String READ = "SELECT v, @@server_id FROM reg WHERE k = ?";
    private static final String WRITE = "UPDATE reg SET v = ? WHERE k = ?";

    private final TestProxy proxy;
    private final int clients;
    private final long readsWanted;
    private final int writePercent;
    private final AtomicLong reads = new AtomicLong();
    private final AtomicLong replicaReads = new AtomicLong();
    private final AtomicLong writes = new AtomicLong();
    private final AtomicLong ownWriteMissed = new AtomicLong();
    private final AtomicLong wentBack = new AtomicLong();
    private final AtomicLong otherMissed = new AtomicLong();
    private final AtomicLongArray acknowledged;

    /** Each client writes before so many percent of its reads; with 100 each read is of the row just written. */
    ConsistencyChecker(TestProxy proxy, int clients, long readsWanted, int writePercent) {
        this.proxy = proxy;
        this.clients = clients;
        this.readsWanted = readsWanted;
        this.writePercent = writePercent;
        this.acknowledged = new AtomicLongArray(clients);
    }

    static List<String> tables(int clients) {
        List<String> sql = new ArrayList<>(List.of("CREATE TABLE reg (k INT PRIMARY KEY, v BIGINT)"));
        for (int i = 0; i < clients; i++) {
            sql.add("INSERT INTO reg VALUES (" + i + ", 0)");
        }
        return sql;
    }

    Result run(long seed) throws InterruptedException, ExecutionException, SQLException {
        try (Connection connection = proxy.connectAs("app", "app-secret", "consistency")) {
            Sql.run(connection, "UPDATE reg SET v = 0");
        }
        proxy.awaitCaughtUp();
        ExecutorService threads = Executors.newFixedThreadPool(clients);
        try {
            SplittableRandom random = new SplittableRandom(seed);
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                int own = i;
                SplittableRandom mine = random.split();
                running.add(threads.submit(() -> {
                    client(own, mine);
                    return null;
                }));
            }
            for (Future<?> client : running) {
                client.get();
            }
        } finally {
            threads.shutdownNow();
        }
        return new Result(
                reads.get(), replicaReads.get(), writes.get(), ownWriteMissed.get(), wentBack.get(), otherMissed.get());
    }

    private void client(int own, SplittableRandom random) throws SQLException {
        long[] seen = new long[clients];
        long written = 0;
        try (Connection connection = proxy.connectAs("app", "app-secret", "consistency");
                PreparedStatement read = connection.prepareStatement(READ);
                PreparedStatement write = connection.prepareStatement(WRITE)) {
            while (reads.incrementAndGet() <= readsWanted) {
                if (random.nextInt(100) < writePercent) {
                    write.setLong(1, ++written);
                    write.setInt(2, own);
                    write.executeUpdate();
                    acknowledged.set(own, written);
                    writes.incrementAndGet();
                }
                int row = random.nextInt(3) == 0 || writePercent == 100 ? own : random.nextInt(clients);
                long known = acknowledged.get(row);
                read.setInt(1, row);
                long value = value(read);
                if (row == own && value < written) {
                    ownWriteMissed.incrementAndGet();
                }
                if (value < seen[row]) {
                    wentBack.incrementAndGet();
                }
                if (value < known) {
                    otherMissed.incrementAndGet();
                }
                seen[row] = Math.max(seen[row], value);
            }
            reads.decrementAndGet();
        }
    }

    private long value(PreparedStatement read) throws SQLException {
        try (ResultSet rows = read.executeQuery()) {
            if (!rows.next()) {
                throw new SQLException("the row is gone");
            }
            if (rows.getInt(2) != proxy.cluster().primary().serverId()) {
                replicaReads.incrementAndGet();
            }
            return rows.getLong(1);
        }
    }
}
