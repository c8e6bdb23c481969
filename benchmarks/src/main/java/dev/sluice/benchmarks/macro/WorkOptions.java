package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import dev.sluice.server.cli.ExitCode;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import picocli.CommandLine.Option;

/** The options that say what is done, by how many clients and for how long. Confined to the main thread. */
final class WorkOptions {
    /** The header of a row's packet and the length of its value. */
    private static final int ROW_OVERHEAD = 5;

    @Option(
            names = "--load",
            split = ",",
            paramLabel = "LOAD",
            defaultValue = "point-select,point-select-prepared,read-write",
            description = "What clients do, separated by commas: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private List<LoadKind> loads = List.of();

    @Option(
            names = "--connections",
            split = ",",
            paramLabel = "N",
            defaultValue = "8",
            description = "Numbers of clients, separated by commas. Default: 8.")
    private List<Integer> connections = List.of();

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "5",
            description = "Measured time of each turn. Default: 5.")
    private int seconds;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "3",
            description = "How often each has its turn. Default: 3.")
    private int rounds;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "5",
            description = "Seconds of load on each before the first turn, for the JIT compiler. Default: 5.")
    private int warmUp;

    @Option(
            names = "--warm-up-max",
            paramLabel = "N",
            defaultValue = "120",
            description =
                    "A JVM is warmed up until its compilers are quiet, but not longer than so many seconds with those of"
                            + " --warm-up. No effect unless larger than --warm-up. Default: 120.")
    private int warmUpMax;

    @Option(
            names = "--rows",
            paramLabel = "N",
            defaultValue = "10000",
            description = "Rows of the table. Default: 10000.")
    private int rows;

    @Option(
            names = "--result-mb",
            paramLabel = "N",
            defaultValue = "200",
            description = "Size of the result of large-result in millions of bytes. Default: 200.")
    private int resultMegabytes;

    @Option(
            names = "--row-bytes",
            paramLabel = "N",
            defaultValue = "200",
            description = "Length of its rows. Default: 200.")
    private int rowBytes;

    @Option(
            names = "--idle",
            paramLabel = "N",
            defaultValue = "10000",
            description = "Connections of the load idle. Default: 10000.")
    private int idle;

    @Option(
            names = "--allocations",
            description = "One more turn of each Sluice: bytes that its event loops allocate for a query.")
    private boolean allocations;

    /** Rejects numbers that make no sense. */
    void validate() throws CommandFailure {
        require(connections.stream().allMatch(n -> n >= 1 && n <= 10_000), "--connections must be 1 to 10000");
        require(seconds >= 1, "--seconds must be at least 1");
        require(rounds >= 1, "--rounds must be at least 1");
        require(warmUp >= 0, "--warm-up must not be negative");
        require(warmUpMax >= 0, "--warm-up-max must not be negative");
        require(rows >= 1 && rows <= 10_000_000, "--rows must be 1 to 10000000");
        require(resultMegabytes >= 1 && resultMegabytes <= 100_000, "--result-mb must be 1 to 100000");
        require(rowBytes >= 1 && rowBytes <= 1_000_000, "--row-bytes must be 1 to 1000000");
        require(idle >= 1 && idle <= 1_000_000, "--idle must be 1 to 1000000");
    }

    private static void require(boolean condition, String message) throws CommandFailure {
        if (!condition) {
            throw new CommandFailure(ExitCode.USAGE, message, null);
        }
    }

    List<LoadKind> loads() {
        return loads;
    }

    /** How many clients a load is run with, one after the other. */
    List<Integer> connections(LoadKind kind) {
        if (kind == LoadKind.IDLE) {
            return List.of(idle);
        }
        return kind.hasOwnNumberOfClients() ? List.of(kind.clients()) : connections;
    }

    /** What large-result asks for. */
    String largeResultQuery() {
        long resultRows = Math.max(1, resultMegabytes * 1_000_000L / (rowBytes + ROW_OVERHEAD));
        return "SELECT REPEAT('x', %d) AS v FROM %s a, %s b, %s c LIMIT %d"
                .formatted(rowBytes, BenchTable.NAME, BenchTable.NAME, BenchTable.NAME, resultRows);
    }

    boolean countsAllocations() {
        return allocations;
    }

    int connectionsMax() {
        return Collections.max(connections);
    }

    Duration measured() {
        return Duration.ofSeconds(seconds);
    }

    WarmUp warmUp() {
        return new WarmUp(Duration.ofSeconds(warmUp), Duration.ofSeconds(warmUpMax));
    }

    int rounds() {
        return rounds;
    }

    int rows() {
        return rows;
    }

    /** What is worth noting in a report. */
    String description() {
        return "%d rounds of %d s in turns, %s, %d rows".formatted(rounds, seconds, warmUp().description(), rows);
    }
}
