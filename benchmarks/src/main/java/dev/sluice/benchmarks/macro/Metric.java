package dev.sluice.benchmarks.macro;

/** What is reported of each way to the data, in the order of the columns. Immutable. */
enum Metric {
    THROUGHPUT("{units}_per_second", "{units}/s", 0),
    AVERAGE("latency_average_us", "avg us", 0),
    P50("latency_p50_us", "p50 us", 0),
    P95("latency_p95_us", "p95 us", 0),
    P99("latency_p99_us", "p99 us", 0),
    CPU("cpu_us_per_{unit}", "CPU us/{u}", 1),
    CPU_USER("cpu_user_us_per_{unit}", "user", 1),
    CPU_SYSTEM("cpu_system_us_per_{unit}", "sys", 1),
    /** The part of the process's CPU time that its compilers used, in percent. */
    COMPILERS("compilers_percent", "compilers %", 1),
    CONTEXT_SWITCHES("context_switches_per_{unit}", "ctx/{u}", 2),
    /** Bytes that the event loops allocate on the heap. */
    ALLOCATED("allocated_bytes_per_{unit}", "alloc B/{u}", 0),
    RESIDENT("resident_mb", "RSS MB", 0),
    /** By how much resident memory exceeded, in the measured time, what it was before. */
    PEAK_EXTRA("peak_extra_mib", "peak +MiB", 1),
    /** Connections that the servers accepted, for each one that clients opened. */
    SERVER_CONNECTIONS("server_connections_per_{unit}", "server conn/{u}", 2),
    RESIDENT_PER_CONNECTION("resident_kib_per_connection", "RSS KiB/conn", 1),
    HEAP_PER_CONNECTION("heap_kib_per_connection", "heap KiB/conn", 1),
    DIRECT_PER_CONNECTION("direct_kib_per_connection", "direct KiB/conn", 1),
    /** CPU time in percent of one processor while next to nothing is asked. */
    IDLE_CPU("idle_cpu_percent", "CPU %", 2),
    LISTENING("listening_ms", "listening ms", 0),
    FIRST_ANSWER("first_answer_ms", "first answer ms", 0),
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
    String key(Unit unit) {
        return named(key, unit);
    }

    /** The head of the column. */
    String title(Unit unit) {
        return named(title, unit);
    }

    private static String named(String template, Unit unit) {
        return template.replace("{units}", unit.plural())
                .replace("{unit}", unit.singular())
                .replace("{u}", unit.shortName());
    }

    /** How many decimals are worth printing. */
    int decimals() {
        return decimals;
    }
}
