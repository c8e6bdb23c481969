package dev.sluice.benchmarks.macro;

import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The figures of one load against one target in one turn. Immutable. */
record Round(Map<Metric, Double> values) {
    private static final double BYTES_PER_MB = 1e6;

    Round {
        values = Map.copyOf(values);
    }

    /**
     * From what was measured.
     *
     * @param used what the proxy used in the measured time; null where no process is known
     * @param onReplicas the part of the SELECTs that replicas ran, in percent
     */
    static Round of(LoadResult load, @Nullable ProcessUsage used, double onReplicas) {
        Map<Metric, Double> values = new EnumMap<>(Metric.class);
        values.put(Metric.THROUGHPUT, load.queries() / load.seconds());
        values.put(Metric.AVERAGE, load.latency().average());
        values.put(Metric.P50, load.latency().p50());
        values.put(Metric.P95, load.latency().p95());
        values.put(Metric.P99, load.latency().p99());
        values.put(Metric.ON_REPLICAS, onReplicas);
        if (used != null && load.queries() > 0) {
            double queries = load.queries();
            values.put(Metric.CPU, used.cpuMicros() / queries);
            values.put(Metric.CPU_USER, used.userMicros() / queries);
            values.put(Metric.CPU_SYSTEM, used.systemMicros() / queries);
            values.put(Metric.CONTEXT_SWITCHES, used.contextSwitches() / queries);
            values.put(Metric.RESIDENT, used.residentBytes() / BYTES_PER_MB);
        }
        return new Round(values);
    }
}
