package dev.sluice.benchmarks.macro;

/** What is reported of each way to the data, in the order of the columns. Immutable. */
enum Metric {
    THROUGHPUT("queries_per_second", "queries/s", 0),
    AVERAGE("latency_average_us", "avg us", 0),
    P50("latency_p50_us", "p50 us", 0),
    P95("latency_p95_us", "p95 us", 0),
    P99("latency_p99_us", "p99 us", 0),
    CPU("cpu_us_per_query", "CPU us/q", 1),
    CPU_USER("cpu_user_us_per_query", "user", 1),
    CPU_SYSTEM("cpu_system_us_per_query", "sys", 1),
    CONTEXT_SWITCHES("context_switches_per_query", "ctx/q", 2),
    RESIDENT("resident_mb", "RSS MB", 0),
    ON_REPLICAS("selects_on_replicas_percent", "replicas %", 0);

    private final String key;
    private final String title;
    private final int decimals;

    Metric(String key, String title, int decimals) {
        this.key = key;
        this.title = title;
        this.decimals = decimals;
    }

    /** The name in JSON. */
    String key() {
        return key;
    }

    /** The head of the column. */
    String title() {
        return title;
    }

    /** How many decimals are worth printing. */
    int decimals() {
        return decimals;
    }
}
