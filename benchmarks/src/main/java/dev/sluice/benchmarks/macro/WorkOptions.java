package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import dev.sluice.server.cli.ExitCode;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import picocli.CommandLine.Option;

/** The options that say what is done, by how many clients and for how long. Confined to the main thread. */
final class WorkOptions {
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
            names = "--rows",
            paramLabel = "N",
            defaultValue = "10000",
            description = "Rows of the table. Default: 10000.")
    private int rows;

    /** Rejects numbers that make no sense. */
    void validate() throws CommandFailure {
        require(connections.stream().allMatch(n -> n >= 1 && n <= 10_000), "--connections must be 1 to 10000");
        require(seconds >= 1, "--seconds must be at least 1");
        require(rounds >= 1, "--rounds must be at least 1");
        require(warmUp >= 0, "--warm-up must not be negative");
        require(rows >= 1 && rows <= 10_000_000, "--rows must be 1 to 10000000");
    }

    private static void require(boolean condition, String message) throws CommandFailure {
        if (!condition) {
            throw new CommandFailure(ExitCode.USAGE, message, null);
        }
    }

    List<LoadKind> loads() {
        return loads;
    }

    List<Integer> connections() {
        return connections;
    }

    int connectionsMax() {
        return Collections.max(connections);
    }

    Duration measured() {
        return Duration.ofSeconds(seconds);
    }

    Duration warmUp() {
        return Duration.ofSeconds(warmUp);
    }

    int rounds() {
        return rounds;
    }

    int rows() {
        return rows;
    }

    /** What is worth noting in a report. */
    String description() {
        return "%d rounds of %d s in turns, %d s of warm-up each, %d rows".formatted(rounds, seconds, warmUp, rows);
    }
}
