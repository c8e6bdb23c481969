package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import dev.sluice.server.config.HostPort;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * What connections cost that next to nothing is asked on: one in a hundred asks once in a second, in turns. Memory is what
 * a process of its own holds after a full collection with the connections, less what it held before. Confined to the main
 * thread.
 */
record IdleTurn(Servers servers, ProcFileSystem proc, CleanupStack cleanup) implements FreshTurn {
    private static final byte[] QUERY = WireClient.query("SELECT c FROM " + BenchTable.NAME + " WHERE id = 1");
    /** What a fresh process does not know yet is not the price of a connection. */
    private static final int FIRST_CONNECTIONS = 200;
    /** Files that a process has open besides the connections of clients. */
    private static final int OTHER_FILES = 400;

    private static final int IDLE_PER_ASKING = 100;
    private static final int CLIENTS_MARGIN = 100;
    private static final Duration QUIET = Duration.ofSeconds(1);
    private static final double BYTES_PER_KIB = 1024;
    private static final double PERCENT = 100;

    /** Says beforehand if so many connections cannot be opened. */
    static void requireFiles(ProcFileSystem proc, int connections) throws CommandFailure {
        try {
            long files = proc.openFilesMax("self");
            if (files < connections + OTHER_FILES) {
                throw new CommandFailure(("%d idle connections need %d open files in each process, and the limit is %d:"
                                + " raise it with ulimit -n, or ask for fewer with --idle")
                        .formatted(connections, connections + OTHER_FILES, files));
            }
        } catch (IOException e) {
            throw new CommandFailure(1, "cannot read the limit of open files: " + e.getMessage(), e);
        }
    }

    @Override
    public boolean takes(Target target) {
        return target.launcher().orElse(null) instanceof SluiceLauncher && !target.tls();
    }

    @Override
    public Round run(Target target, int connections, Duration measured) throws CommandFailure, InterruptedException {
        SluiceLauncher launcher = (SluiceLauncher) target.launcher().orElseThrow();
        SluiceVariant roomy = launcher.variant().with("limits.max-connections", connections + CLIENTS_MARGIN);
        try (Launched launched = launcher.of(roomy).launch(cleanup)) {
            launched.process().awaitLogin(servers.jdbc(), launched.reads());
            IdleClients.connect(servers, launched.reads(), FIRST_CONNECTIONS).close();
            Jcmd jcmd = Jcmd.of(roomy.javaHome(), launched.process().pid());
            Memory before = memory(launched, jcmd);
            try (IdleClients clients = IdleClients.connect(servers, launched.reads(), connections)) {
                Memory after = memory(launched, jcmd);
                Map<Metric, Double> values = new EnumMap<>(Metric.class);
                values.put(Metric.RESIDENT, after.resident() / Round.BYTES_PER_MB);
                values.put(Metric.RESIDENT_PER_CONNECTION, (after.resident() - before.resident()) / connections);
                values.put(Metric.HEAP_PER_CONNECTION, (after.heap() - before.heap()) / connections);
                values.put(Metric.DIRECT_PER_CONNECTION, (after.direct() - before.direct()) / connections);
                values.replaceAll((metric, value) -> metric == Metric.RESIDENT ? value : value / BYTES_PER_KIB);
                values.putAll(whileIdle(clients, launched.process().pid(), connections, measured));
                return new Round(values);
            }
        } catch (IOException e) {
            throw new CommandFailure(1, target.name() + ": idle connections: " + e.getMessage(), e);
        }
    }

    private Map<Metric, Double> whileIdle(IdleClients clients, long pid, int connections, Duration measured)
            throws IOException {
        int asking = Math.max(1, connections / IDLE_PER_ASKING);
        long pause = Duration.ofSeconds(1).toNanos() / asking;
        Histogram latency = new Histogram(3);
        ProcessUsage before = proc.usage(pid);
        long start = System.nanoTime();
        int asked = 0;
        while (System.nanoTime() - start < measured.toNanos()) {
            long due = start + asked * pause;
            while (System.nanoTime() < due) {
                LockSupport.parkNanos(due - System.nanoTime());
            }
            long sent = System.nanoTime();
            // Far apart, so that every connection has its turn sooner or later.
            clients.ask((int) ((long) asked * IDLE_PER_ASKING % connections), QUERY);
            latency.recordValue(System.nanoTime() - sent);
            asked++;
        }
        ProcessUsage used = proc.usage(pid).since(before);
        double micros = (System.nanoTime() - start) / 1e3;
        Latency times = Latency.ofNanos(latency);
        return Map.of(
                Metric.IDLE_CPU, PERCENT * used.cpuMicros() / micros,
                Metric.AVERAGE, times.average(),
                Metric.P50, times.p50(),
                Metric.P95, times.p95(),
                Metric.P99, times.p99());
    }

    private Memory memory(Launched launched, Jcmd jcmd) throws CommandFailure, InterruptedException, IOException {
        HostPort metrics = launched.metrics().orElseThrow();
        LockSupport.parkNanos(QUIET.toNanos());
        String unused = jcmd.run("GC.run");
        MetricsPage page = MetricsPage.read(metrics);
        double resident = proc.usage(launched.process().pid()).residentBytes();
        return new Memory(resident, page.heapBytes(), page.directBytes());
    }

    /** Bytes at one moment. Immutable. */
    private record Memory(double resident, double heap, double direct) {}
}
