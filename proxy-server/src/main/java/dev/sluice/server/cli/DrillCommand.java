package dev.sluice.server.cli;

import dev.sluice.server.drill.Drill;
import dev.sluice.server.localcluster.LocalClusterException;
import dev.sluice.server.localcluster.ServerFlavor;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The {@code drill} subcommand: kills and changes the primary of a local cluster under load, and measures what clients see.
 *
 * <p>Thread-safe: confined to the main thread.
 */
@Command(
        name = "drill",
        description = "Kill and change the primary of a local cluster under load, and measure what clients see.",
        footer = {
            "",
            "Exit codes: 0 the drill is over, 1 a target was missed (with --check) or something did not start, 2 wrong"
                    + " usage."
        })
public final class DrillCommand implements Callable<Integer> {
    private static final int CLIENTS_MIN = 4;

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli before any command runs.
    private CommandSpec spec;

    @Option(names = "--runs", paramLabel = "N", defaultValue = "50", description = "Kills of the primary. Default: 50.")
    private int runs = 50;

    @Option(
            names = "--switchovers",
            paramLabel = "N",
            defaultValue = "50",
            description = "Planned changes of the primary, after the kills. Default: 50.")
    private int switchovers = 50;

    @Option(
            names = "--clients",
            paramLabel = "N",
            defaultValue = "16",
            description = "Threads that read, write and run transactions, at least 4. Default: 16.")
    private int clients = 16;

    @Option(
            names = "--flavor",
            paramLabel = "SERVER",
            defaultValue = "auto",
            description = "The database server: auto (MySQL 8.0.31 where it runs, else MariaDB), mysql, mariadb, or an"
                    + " executable mysqld or mariadbd by name or path.")
    private String flavor = "auto";

    @Option(names = "--check", description = "Exit with 1 if a target was missed.")
    private boolean check;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        requireAtLeast("--runs", 0, runs);
        requireAtLeast("--switchovers", 0, switchovers);
        requireAtLeast("--clients", CLIENTS_MIN, clients);
        try {
            Drill.Options options = new Drill.Options(ServerFlavor.parse(flavor), runs, switchovers, clients);
            List<String> missed = new Drill(options, line -> {
                        out.println(line);
                        out.flush();
                    })
                    .run();
            missed.forEach(target -> out.println("MISSED: " + target));
            if (missed.isEmpty()) {
                out.println("Every target was met.");
            }
            out.flush();
            return check && !missed.isEmpty() ? ExitCode.FAILURE : ExitCode.OK;
        } catch (LocalClusterException e) {
            spec.commandLine().getErr().println("sluice drill: " + e.getMessage());
            return ExitCode.FAILURE;
        }
    }

    private void requireAtLeast(String option, int min, int value) {
        if (value < min) {
            throw new ParameterException(
                    spec.commandLine(), "Invalid value for option '" + option + "': " + value + " is less than " + min);
        }
    }
}
