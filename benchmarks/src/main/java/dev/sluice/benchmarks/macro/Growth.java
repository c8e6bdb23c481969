package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import dev.sluice.server.localcluster.ProgressListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Measures what the CPU that Sluice spends on a query grows with, on servers that are started for it or were given. Confined
 * to the main thread.
 */
final class Growth {
    private static final int ROWS = 10_000;
    private static final int WARM_UP_CLIENTS = 8;
    /** A fresh JVM needs several times as long as one that only gets another load. */
    private static final int FIRST_WARM_UP = 4;

    private static final int CLIENTS_MAX_DEFAULT = 1_000;
    private static final int CLIENTS_MARGIN = 100;

    private final SluiceOptions sluice;
    private final ServerOptions serverOptions;
    private final Times times;
    private final int clientsMax;
    private final ProcFileSystem proc;
    private final ProgressListener progress;
    private final Map<String, String> environment = new LinkedHashMap<>();
    private final Map<Curve, List<GrowthReport.Point>> measured = new EnumMap<>(Curve.class);

    /**
     * How long Sluice is under load. Immutable.
     *
     * @param firstWarmUpMax at most when it has been started, until its compilers are quiet
     * @param warmUp before each point is measured
     * @param measured while it is
     */
    record Times(Duration firstWarmUpMax, Duration warmUp, Duration measured) {
        WarmUp first() {
            return new WarmUp(warmUp.multipliedBy(FIRST_WARM_UP), firstWarmUpMax);
        }
    }

    /** @param clientsMax the most clients of any point */
    Growth(
            SluiceOptions sluice,
            ServerOptions serverOptions,
            Times times,
            int clientsMax,
            ProcFileSystem proc,
            ProgressListener progress) {
        this.sluice = sluice;
        this.serverOptions = serverOptions;
        this.times = times;
        this.clientsMax = clientsMax;
        this.proc = proc;
        this.progress = progress;
    }

    /** Measures curves on one Sluice, point after point. */
    void measure(Map<Curve, List<Integer>> curves) throws CommandFailure, InterruptedException {
        try (CleanupStack cleanup = CleanupStack.register()) {
            Servers servers = serverOptions.open(cleanup, clientsMax, progress);
            prepare(servers, cleanup);
            Target target = start(servers, cleanup);
            for (Map.Entry<Curve, List<Integer>> curve : curves.entrySet()) {
                for (int value : curve.getValue()) {
                    measure(curve.getKey(), value, servers, target);
                }
            }
        }
    }

    /** Measures the curve of {@link Curve#SERVERS} on as many servers as its last point has. */
    void measureServers(List<Integer> points) throws CommandFailure, InterruptedException {
        try (CleanupStack cleanup = CleanupStack.register()) {
            Servers servers = serverOptions.openAtLeast(Collections.max(points), cleanup, clientsMax, progress);
            prepare(servers, cleanup);
            for (int value : points) {
                Servers some = servers.first(value);
                try (CleanupStack point = CleanupStack.register()) {
                    measure(Curve.SERVERS, value, some, start(some, point));
                }
            }
        }
    }

    private void prepare(Servers servers, CleanupStack cleanup) throws CommandFailure {
        BenchTable table = BenchTable.create(servers, ROWS);
        if (serverOptions.areGiven()) {
            cleanup.push(table);
        }
        environment.putAll(new Environment(proc, servers).describe());
        environment.put(
                "work",
                "%d s for each point after %d s of warm-up"
                        .formatted(times.measured().toSeconds(), times.warmUp().toSeconds()));
        environment.put(SluiceVariant.BASE_NAME, sluice.base().description());
    }

    /** Starts a Sluice, and gives it time to compile. */
    private Target start(Servers servers, CleanupStack cleanup) throws CommandFailure, InterruptedException {
        int most = Math.max(clientsMax, CLIENTS_MAX_DEFAULT) + CLIENTS_MARGIN;
        // Of so many clients most wait for a connection to a server at any time, and none is to be turned away.
        SluiceVariant roomy = sluice.base().with("limits.max-connections", most).with("pool.waiting-max", 2 * most);
        Target target = sluice.launcher(roomy, servers, BenchCommand.temporaryDirectory(cleanup))
                .start(cleanup);
        progress.progress("warm-up");
        Load load = new WireLoopLoad(servers, Curve.CONNECTIONS.script(0, ROWS));
        WarmUp.Outcome outcome = times.first().run(load, target, WARM_UP_CLIENTS, proc);
        outcome.quietness(target.name()).ifPresent(progress::progress);
        outcome.complaint(target.name(), servers.all().size() + " servers", WARM_UP_CLIENTS)
                .ifPresent(this::complain);
        return target;
    }

    private void complain(String sentence) {
        progress.progress(sentence);
        environment.merge("warm-up", sentence, (earlier, later) -> earlier + " " + later);
    }

    private void measure(Curve curve, int value, Servers servers, Target target)
            throws CommandFailure, InterruptedException {
        UsageWindow window = new UsageWindow(proc, target.pid());
        LoadResult result = new WireLoopLoad(servers, curve.script(value, ROWS))
                .run(target, curve.clients(value), times.warmUp(), times.measured(), window);
        @Nullable ProcessUsage used = window.used();
        double queries = Math.max(1, result.units());
        GrowthReport.Point point = new GrowthReport.Point(
                value,
                used == null ? 0 : used.cpuMicros() / queries,
                used == null ? 0 : used.userMicros() / queries,
                result.units() / result.seconds(),
                result.latency().p99(),
                used == null ? 0 : used.residentBytes() / Round.BYTES_PER_MB);
        measured.computeIfAbsent(curve, key -> new ArrayList<>()).add(point);
        progress.progress("%d %s: %.1f us CPU per query".formatted(value, curve.quantity(), point.cpu()));
    }

    /** What was measured so far. */
    GrowthReport report() {
        return new GrowthReport(environment, measured);
    }
}
