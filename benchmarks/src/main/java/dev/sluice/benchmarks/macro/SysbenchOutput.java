package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The report of sysbench 1.0, read line by line while it is printed. Confined to one thread.
 *
 * <p>Its histogram gives the percentiles: the report itself names only one.
 */
final class SysbenchOutput {
    private static final double MICROS_PER_MILLI = 1_000;
    private static final int COMPLAINTS_MAX = 3;
    private static final Pattern BUCKET = Pattern.compile("^\\s*([0-9.]+) \\|[* ]+\\s([0-9]+)$");
    private static final Pattern QUERIES = Pattern.compile("^\\s*queries:\\s+([0-9]+)\\s.*");
    private static final Pattern TOTAL_TIME = Pattern.compile("^\\s*total time:\\s+([0-9.]+)s.*");
    private static final Pattern AVERAGE = Pattern.compile("^\\s*avg:\\s+([0-9.]+)\\s*");

    private final List<String> lines = new ArrayList<>();
    private final List<double[]> buckets = new ArrayList<>();

    /** Takes the next line. */
    void add(String line) {
        lines.add(line);
        Matcher bucket = BUCKET.matcher(line);
        if (bucket.matches()) {
            buckets.add(new double[] {Double.parseDouble(bucket.group(1)), Double.parseDouble(bucket.group(2))});
        }
    }

    /** Whether this line says that all clients are connected. */
    static boolean isStart(String line) {
        return line.startsWith("Threads started!");
    }

    /** Whether this line is the first one behind the end of the load. */
    static boolean isEnd(String line) {
        return line.startsWith("Latency histogram") || line.startsWith("SQL statistics");
    }

    /** The figures of a report that is complete. */
    LoadResult result() throws CommandFailure {
        return new LoadResult(
                (long) number(QUERIES, "queries"),
                number(TOTAL_TIME, "total time"),
                new Latency(
                        number(AVERAGE, "average") * MICROS_PER_MILLI, percentile(50), percentile(95), percentile(99)));
    }

    private double number(Pattern pattern, String what) throws CommandFailure {
        for (String line : lines) {
            Matcher found = pattern.matcher(line);
            if (found.matches()) {
                return Double.parseDouble(found.group(1));
            }
        }
        throw new CommandFailure("sysbench reported no " + what + "; it said: " + complaint());
    }

    private double percentile(int percent) throws CommandFailure {
        double total = buckets.stream().mapToDouble(bucket -> bucket[1]).sum();
        double seen = 0;
        for (double[] bucket : buckets) {
            seen += bucket[1];
            if (seen * 100 >= total * percent) {
                return bucket[0] * MICROS_PER_MILLI;
            }
        }
        throw new CommandFailure("sysbench reported no histogram; it said: " + complaint());
    }

    /** What went wrong, as far as sysbench says it. */
    String complaint() {
        // The first line says what failed and the second why; more of them repeat that for other clients.
        String fatal = lines.stream()
                .filter(line -> line.contains("FATAL"))
                .limit(COMPLAINTS_MAX)
                .collect(Collectors.joining("; "));
        if (!fatal.isEmpty()) {
            return fatal;
        }
        return lines.isEmpty() ? "nothing" : lines.get(lines.size() - 1);
    }
}
