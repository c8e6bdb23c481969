package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import dev.sluice.server.localcluster.ProgressListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Lets every target have its turn, round after round: what slows the machine down for a while hits all of them. Confined
 * to the main thread.
 */
final class MacroBenchmark {
    /** Long enough that all clients of a turn are at work, short because the targets are warm already. */
    private static final Duration SETTLING = Duration.ofMillis(300);

    private final Servers servers;
    private final List<Target> targets;
    private final WorkOptions work;
    private final ProcFileSystem proc;
    private final ProgressListener progress;

    /** A benchmark of these targets, all in front of the same servers. */
    MacroBenchmark(
            Servers servers, List<Target> targets, WorkOptions work, ProcFileSystem proc, ProgressListener progress) {
        this.servers = servers;
        this.targets = List.copyOf(targets);
        this.work = work;
        this.proc = proc;
        this.progress = progress;
    }

    /** Measures all targets under one load. */
    Report.Comparison compare(LoadKind kind, Load load, int connections) throws CommandFailure, InterruptedException {
        progress.progress("%s, %d connections".formatted(kind, connections));
        for (Target target : targets) {
            if (!work.warmUp().isZero()) {
                progress.progress("  warm-up of " + target.name());
                load.run(target, connections, Duration.ZERO, work.warmUp(), new UsageWindow(proc, target.pid()));
            }
        }
        Map<String, List<Round>> rounds = new LinkedHashMap<>();
        for (int round = 1; round <= work.rounds(); round++) {
            for (Target target : targets) {
                Round measured = turn(load, target, connections);
                rounds.computeIfAbsent(target.name(), name -> new ArrayList<>()).add(measured);
                progress.progress(
                        "  round %d of %d, %s: %s".formatted(round, work.rounds(), target.name(), summary(measured)));
            }
        }
        List<Report.Line> lines = new ArrayList<>();
        rounds.forEach((target, measured) -> lines.add(Report.Line.of(target, measured)));
        return new Report.Comparison(kind.toString(), connections, lines);
    }

    private Round turn(Load load, Target target, int connections) throws CommandFailure, InterruptedException {
        UsageWindow window = new UsageWindow(proc, target.pid());
        SelectCounter before = SelectCounter.read(servers);
        LoadResult result = load.run(target, connections, SETTLING, work.measured(), window);
        return Round.of(result, window.used(), SelectCounter.read(servers).replicaPercentSince(before));
    }

    private static String summary(Round round) {
        Map<Metric, Double> values = round.values();
        String text = "%.0f queries/s".formatted(values.get(Metric.THROUGHPUT));
        Double cpu = values.get(Metric.CPU);
        return cpu == null ? text : text + ", %.1f us CPU per query".formatted(cpu);
    }
}
