package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import dev.sluice.server.localcluster.ProgressListener;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

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
        List<Target> reachable =
                chosen(target -> load.speaksTls() || !target.tls(), "is left out: this load knows no TLS");
        List<String> notes = new ArrayList<>();
        for (Target target : reachable) {
            warmUp(kind, load, target, connections).ifPresent(notes::add);
        }
        Map<String, List<Round>> rounds = rounds(kind, reachable, target -> turn(kind, load, target, connections));
        if (work.countsAllocations() && kind.unit() == Unit.QUERY) {
            for (Target target : reachable) {
                allocations(load, target, connections, rounds);
            }
        }
        return comparison(kind, connections, rounds, notes);
    }

    /** Returns what a reader of the figures must know of it. */
    private Optional<String> warmUp(LoadKind kind, Load load, Target target, int connections)
            throws CommandFailure, InterruptedException {
        if (work.warmUp().fixed().isZero()) {
            return Optional.empty();
        }
        progress.progress("  warm-up of " + target.name());
        WarmUp.Outcome outcome = work.warmUp().run(load, target, connections, proc);
        Optional<String> complaint = outcome.complaint(target.name(), kind.toString(), connections);
        outcome.quietness(target.name()).or(() -> complaint).ifPresent(line -> progress.progress("  " + line));
        return complaint;
    }

    /** Measures processes that are started for each turn; there is no warm-up. */
    Report.Comparison compareFresh(LoadKind kind, FreshTurn turn, int connections)
            throws CommandFailure, InterruptedException {
        progress.progress("%s, %d connections".formatted(kind, connections));
        List<Target> able = chosen(turn::takes, "is left out: this is not measured there");
        return comparison(
                kind,
                connections,
                rounds(kind, able, target -> turn.run(target, connections, work.measured())),
                List.of());
    }

    /** Writes what Sluice does under a load as a flame graph. */
    void profile(LoadKind kind, Load load, int connections, Path file) throws CommandFailure, InterruptedException {
        for (Target target : targets) {
            if (target.launcher().orElse(null) instanceof SluiceLauncher launcher
                    && launcher.variant().name().equals(SluiceVariant.BASE_NAME)) {
                progress.progress("  profile of " + target.name());
                Jcmd jcmd = Jcmd.of(launcher.variant().javaHome(), target.pid().orElseThrow());
                ProfileWindow window = new ProfileWindow(jcmd, launcher.directory());
                LoadResult unused = load.run(target, connections, SETTLING, work.measured(), window);
                window.write(
                        file,
                        BenchCommand.withSuffix(file, "-allocations"),
                        "%s, %d connections".formatted(kind, connections));
                progress.progress("  the flame graph is in " + file);
            }
        }
    }

    private List<Target> chosen(Predicate<Target> condition, String reason) {
        List<Target> chosen = new ArrayList<>();
        for (Target target : targets) {
            if (condition.test(target)) {
                chosen.add(target);
            } else {
                progress.progress("  " + target.name() + " " + reason);
            }
        }
        return chosen;
    }

    private Map<String, List<Round>> rounds(LoadKind kind, List<Target> turns, Turn turn)
            throws CommandFailure, InterruptedException {
        Map<String, List<Round>> rounds = new LinkedHashMap<>();
        for (int round = 1; round <= work.rounds(); round++) {
            for (Target target : turns) {
                Round measured = turn.run(target);
                rounds.computeIfAbsent(target.name(), name -> new ArrayList<>()).add(measured);
                progress.progress("  round %d of %d, %s: %s"
                        .formatted(round, work.rounds(), target.name(), measured.summary(kind)));
            }
        }
        return rounds;
    }

    private static Report.Comparison comparison(
            LoadKind kind, int connections, Map<String, List<Round>> rounds, List<String> notes) {
        List<Report.Line> lines = new ArrayList<>();
        rounds.forEach((target, measured) -> lines.add(Report.Line.of(target, measured)));
        return new Report.Comparison(kind, connections, lines, notes);
    }

    private Round turn(LoadKind kind, Load load, Target target, int connections)
            throws CommandFailure, InterruptedException {
        UsageWindow window = new UsageWindow(proc, target.pid());
        ServerCounters before = ServerCounters.read(servers);
        LoadResult result = load.run(target, connections, SETTLING, work.measured(), window);
        ServerCounters counted = ServerCounters.read(servers).since(servers, before);
        return Round.of(kind, result, window.used(), counted);
    }

    /** A turn of its own: asking the JVM costs CPU that must not be counted as work. */
    private void allocations(Load load, Target target, int connections, Map<String, List<Round>> rounds)
            throws CommandFailure, InterruptedException {
        if (!(target.launcher().orElse(null) instanceof SluiceLauncher launcher)) {
            return;
        }
        AllocationWindow window = new AllocationWindow(
                Jcmd.of(launcher.variant().javaHome(), target.pid().orElseThrow()));
        LoadResult result = load.run(target, connections, SETTLING, work.measured(), window);
        double perUnit = window.allocated() / Math.max(1, result.units());
        progress.progress("  allocation of %s: %.0f bytes per query".formatted(target.name(), perUnit));
        Map<Metric, Double> values = new EnumMap<>(Metric.class);
        values.put(Metric.ALLOCATED, perUnit);
        rounds.computeIfAbsent(target.name(), name -> new ArrayList<>()).add(new Round(values));
    }

    /** One turn of one target. */
    private interface Turn {
        Round run(Target target) throws CommandFailure, InterruptedException;
    }
}
