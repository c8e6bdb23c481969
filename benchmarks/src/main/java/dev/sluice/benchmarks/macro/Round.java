package dev.sluice.benchmarks.macro;

import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** The figures of one load against one target in one turn. Immutable. */
record Round(Map<Metric, Double> values) {
    static final double BYTES_PER_MB = 1e6;
    static final double BYTES_PER_MIB = 1 << 20;

    private static final List<Metric> TELLING =
            List.of(Metric.THROUGHPUT, Metric.CPU, Metric.RESIDENT_PER_CONNECTION, Metric.LISTENING);

    Round {
        values = Map.copyOf(values);
    }

    /**
     * From what was measured.
     *
     * @param used what the proxy used in the measured time; null where no process is known
     * @param servers what the servers did meanwhile, by their own account
     */
    static Round of(LoadKind kind, LoadResult load, @Nullable ProcessUsage used, ServerCounters servers) {
        Map<Metric, Double> values = new EnumMap<>(Metric.class);
        values.put(Metric.THROUGHPUT, load.units() / load.seconds());
        values.put(Metric.AVERAGE, load.latency().average());
        values.put(Metric.P50, load.latency().p50());
        values.put(Metric.P95, load.latency().p95());
        values.put(Metric.P99, load.latency().p99());
        values.put(Metric.ON_REPLICAS, servers.replicaPercent());
        if (used != null && load.units() > 0) {
            double units = load.units();
            values.put(Metric.CPU, used.cpuMicros() / units);
            values.put(Metric.CPU_USER, used.userMicros() / units);
            values.put(Metric.CPU_SYSTEM, used.systemMicros() / units);
            used.compilerPercent().ifPresent(percent -> values.put(Metric.COMPILERS, percent));
            values.put(Metric.CONTEXT_SWITCHES, used.contextSwitches() / units);
            values.put(Metric.RESIDENT, used.residentBytes() / BYTES_PER_MB);
        }
        if (used != null && kind == LoadKind.LARGE_RESULT) {
            values.put(Metric.PEAK_EXTRA, used.peakBytes() / BYTES_PER_MIB);
        }
        if (kind == LoadKind.CONNECT && load.units() > 0) {
            values.put(Metric.SERVER_CONNECTIONS, servers.connections() / load.units());
        }
        return new Round(values);
    }

    /** The most telling figures, for who waits. */
    String summary(LoadKind kind) {
        StringJoiner text = new StringJoiner(", ");
        for (Metric metric : TELLING) {
            @Nullable Double value = values.get(metric);
            if (value != null) {
                text.add(String.format(Locale.ROOT, "%s %.1f", metric.title(kind.unit()), value));
            }
        }
        return text.toString();
    }
}
