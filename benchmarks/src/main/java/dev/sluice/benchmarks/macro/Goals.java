package dev.sluice.benchmarks.macro;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Predicate;

/**
 * Finds in a report what it says about the project's targets, all of which are ratios within one run or bounds of memory
 * and time. What was not measured is no miss. Confined to one thread.
 */
final class Goals {
    private static final List<LoadKind> TEXT = List.of(LoadKind.SYSBENCH, LoadKind.POINT_SELECT);
    private static final List<LoadKind> PREPARED = List.of(LoadKind.SYSBENCH_PREPARED, LoadKind.POINT_SELECT_PREPARED);
    private static final List<LoadKind> TRANSACTIONS = List.of(LoadKind.SYSBENCH_READ_WRITE, LoadKind.READ_WRITE);
    private static final String SLUICE = SluiceVariant.BASE_NAME;
    private static final String HAPROXY = HaProxy.NAME;
    private static final int ONE = 1;
    private static final int FEW = 8;
    private static final int MANY = 64;
    private static final int VERY_MANY = 1_000;

    private final Report report;
    private final List<Goal> goals = new ArrayList<>();

    private Goals(Report report) {
        this.report = report;
    }

    /** Those that this report says something about. */
    static List<Goal> of(Report report) {
        Goals goals = new Goals(report);
        for (Report.Comparison comparison : report.comparisons()) {
            goals.pointSelects(comparison);
            goals.otherLoads(comparison);
            goals.freshProcesses(comparison);
        }
        goals.sharing();
        return List.copyOf(goals.goals);
    }

    private void pointSelects(Report.Comparison comparison) {
        boolean text = TEXT.contains(comparison.load());
        boolean prepared = PREPARED.contains(comparison.load());
        int connections = comparison.connections();
        if (!text && !prepared) {
            return;
        }
        for (SluiceVariant variant : named(variant -> isPlain(variant) && !variant.usesIoUring())) {
            if (connections == FEW || connections == MANY) {
                ratio(comparison, variant.name(), HAPROXY, Metric.CPU, 1.05, false);
            }
            if (text && connections == ONE) {
                ratio(comparison, variant.name(), HAPROXY, Metric.CPU, 1.20, false);
            }
            if (text && connections == FEW) {
                ratio(comparison, variant.name(), HAPROXY, Metric.P99, 1.15, false);
                figure(comparison, variant.name(), Metric.CPU_USER, 3);
                figure(comparison, variant.name(), Metric.ALLOCATED, 64);
            }
            if (text && connections == MANY) {
                ratio(comparison, variant.name(), HAPROXY, Metric.THROUGHPUT, 0.97, true);
            }
        }
        if (text && connections == MANY) {
            for (SluiceVariant variant : named(SluiceVariant::usesIoUring)) {
                ratio(comparison, variant.name(), HAPROXY, Metric.CPU, 0.85, false);
            }
            for (SluiceVariant variant : named(variant -> !variant.tls() && sharedBy(variant) <= FEW)) {
                ratio(comparison, variant.name(), HAPROXY, Metric.P99, 1.0, false);
            }
        }
        for (SluiceVariant variant : named(SluiceVariant::tls)) {
            ratio(comparison, variant.name(), SLUICE, Metric.CPU, 1.4, false);
        }
    }

    private void otherLoads(Report.Comparison comparison) {
        if (TRANSACTIONS.contains(comparison.load())) {
            ratio(comparison, SLUICE, HAPROXY, Metric.CPU, 1.15, false);
        }
        if (comparison.load() == LoadKind.LARGE_RESULT) {
            ratio(comparison, SLUICE, HAPROXY, Metric.CPU, 1.10, false);
            ratio(comparison, SLUICE, HAPROXY, Metric.AVERAGE, 1.10, false);
            figure(comparison, SLUICE, Metric.PEAK_EXTRA, 4);
        }
        if (comparison.load() == LoadKind.READ_AFTER_WRITE) {
            comparison
                    .median(SLUICE, Metric.ON_REPLICAS)
                    .ifPresent(
                            share -> goals.add(Goal.atLeast(name(comparison, SLUICE, Metric.ON_REPLICAS), share, 80)));
            for (SluiceVariant variant : named(variant -> !variant.readsItsWrites())) {
                ratio(comparison, SLUICE, variant.name(), Metric.CPU, 1.05, false);
            }
        }
        if (comparison.load() == LoadKind.CONNECT) {
            ratio(comparison, SLUICE, Servers.DIRECT, Metric.THROUGHPUT, 0.7, true);
            // Those that wait for the next client are opened once.
            figure(comparison, SLUICE, Metric.SERVER_CONNECTIONS, 0.05);
        }
    }

    private void freshProcesses(Report.Comparison comparison) {
        if (comparison.load() == LoadKind.START) {
            figure(comparison, SLUICE, Metric.LISTENING, 600);
        }
        if (comparison.load() == LoadKind.IDLE) {
            OptionalDouble heap = comparison.median(SLUICE, Metric.HEAP_PER_CONNECTION);
            OptionalDouble direct = comparison.median(SLUICE, Metric.DIRECT_PER_CONNECTION);
            if (heap.isPresent() && direct.isPresent()) {
                goals.add(Goal.atMost(
                        "%s, %d connections: heap and direct KiB/conn of %s"
                                .formatted(comparison.load(), comparison.connections(), SLUICE),
                        heap.getAsDouble() + direct.getAsDouble(),
                        8));
            }
            figure(comparison, SLUICE, Metric.RESIDENT_PER_CONNECTION, 12);
        }
    }

    /** A thousand clients over as many connections as 64 clients have. */
    private void sharing() {
        for (LoadKind load : TEXT) {
            for (SluiceVariant variant : named(variant -> !variant.tls() && sharedBy(variant) == MANY)) {
                OptionalDouble many = median(load, VERY_MANY, variant);
                OptionalDouble few = median(load, MANY, variant);
                if (many.isPresent() && few.isPresent()) {
                    goals.add(Goal.atMost(
                            "%s: CPU us/q of %s over %d server connections, %d connections / %d"
                                    .formatted(load, variant.name(), MANY, VERY_MANY, MANY),
                            many.getAsDouble() / few.getAsDouble(),
                            1.15));
                }
            }
        }
    }

    private OptionalDouble median(LoadKind load, int connections, SluiceVariant variant) {
        return report.comparison(load, connections)
                .map(comparison -> comparison.median(variant.name(), Metric.CPU))
                .orElse(OptionalDouble.empty());
    }

    /** Server connections that all reads together may use. */
    private int sharedBy(SluiceVariant variant) {
        return variant.pool() * Math.max(1, report.replicas());
    }

    private boolean isPlain(SluiceVariant variant) {
        return variant.name().equals(SLUICE) && !variant.tls();
    }

    private List<SluiceVariant> named(Predicate<SluiceVariant> condition) {
        return report.variants().stream().filter(condition).toList();
    }

    private void ratio(
            Report.Comparison comparison, String of, String to, Metric metric, double bound, boolean atLeast) {
        OptionalDouble above = comparison.median(of, metric);
        OptionalDouble below = comparison.median(to, metric);
        if (above.isPresent() && below.isPresent() && below.getAsDouble() > 0) {
            double ratio = above.getAsDouble() / below.getAsDouble();
            goals.add(new Goal(name(comparison, of + " / " + to, metric), ratio, bound, atLeast));
        }
    }

    private void figure(Report.Comparison comparison, String of, Metric metric, double bound) {
        comparison
                .median(of, metric)
                .ifPresent(value -> goals.add(Goal.atMost(name(comparison, of, metric), value, bound)));
    }

    private static String name(Report.Comparison comparison, String who, Metric metric) {
        return "%s, %d connections: %s of %s"
                .formatted(
                        comparison.load(),
                        comparison.connections(),
                        named(metric, comparison.load().unit()),
                        who);
    }

    private static String named(Metric metric, Unit unit) {
        return metric == Metric.CPU_USER ? "user CPU us/" + unit.shortName() : metric.title(unit);
    }
}
