package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import dev.sluice.server.cli.ExitCode;
import dev.sluice.server.localcluster.LocalClusterException;
import dev.sluice.server.localcluster.ProgressListener;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The command {@code bench share}: proves by the servers' own counters that reads outside transactions run on replicas,
 * sent as text, prepared and through a cursor. Confined to the main thread.
 */
@Command(
        name = "share",
        description =
                "Count where point selects run: sysbench (or Connector/J where there is none) as text and prepared,"
                        + " Connector/J with a server-side cursor.",
        sortOptions = false)
final class ShareCommand implements Callable<Integer> {
    private static final int ROWS = 10_000;
    private static final double ALL = 100;

    @Option(names = "--connections", paramLabel = "N", defaultValue = "8", description = "Clients. Default: 8.")
    private int connections;

    @Option(names = "--seconds", paramLabel = "N", defaultValue = "10", description = "Time of each. Default: 10.")
    private int seconds;

    @Option(
            names = "--percent",
            paramLabel = "N",
            defaultValue = "99",
            description = "The command fails unless more than this ran on replicas. Default: 99.")
    private double percent;

    @Mixin
    private SluiceOptions sluice = new SluiceOptions();

    @Mixin
    private ServerOptions serverOptions = new ServerOptions();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws CommandFailure, InterruptedException {
        if (connections < 1 || seconds < 1 || percent < 0 || percent >= ALL) {
            throw new CommandFailure(
                    ExitCode.USAGE, "--connections and --seconds must be positive, --percent below 100", null);
        }
        PrintWriter err = spec.commandLine().getErr();
        ProgressListener progress = line -> err.println("share: " + line);
        try (CleanupStack cleanup = CleanupStack.register()) {
            return run(cleanup, progress) ? ExitCode.OK : ExitCode.FAILURE;
        } catch (LocalClusterException e) {
            throw new CommandFailure(ExitCode.FAILURE, String.valueOf(e.getMessage()), e);
        }
    }

    private boolean run(CleanupStack cleanup, ProgressListener progress) throws CommandFailure, InterruptedException {
        Path directory = BenchCommand.temporaryDirectory(cleanup);
        Servers servers = serverOptions.open(cleanup, connections, progress);
        BenchTable table = BenchTable.create(servers, ROWS);
        if (serverOptions.areGiven()) {
            cleanup.push(table);
        }
        Target target = sluice.launcher(sluice.base(), servers, directory).start(cleanup);
        Optional<Path> sysbench = Executables.find("sysbench");
        if (sysbench.isEmpty()) {
            progress.progress("no sysbench on the PATH: Connector/J makes the load");
        }
        List<LoadKind> kinds = sysbench.isPresent()
                ? List.of(LoadKind.SYSBENCH, LoadKind.SYSBENCH_PREPARED, LoadKind.POINT_SELECT_CURSOR)
                : List.of(LoadKind.POINT_SELECT, LoadKind.POINT_SELECT_PREPARED, LoadKind.POINT_SELECT_CURSOR);
        print("%-22s %12s %12s %12s".formatted("load", "on primary", "on replicas", "replicas %"));
        boolean all = true;
        for (LoadKind kind : kinds) {
            Load load = kind.tool() == LoadKind.Tool.SYSBENCH
                    ? new SysbenchLoad(sysbench.orElseThrow(), kind, servers, ROWS, cleanup)
                    : new ConnectorJLoad(kind, servers.jdbc(), ROWS);
            all &= share(load, kind, servers, target);
        }
        print(all ? "PASS: more than %s %% each".formatted(percent) : "FAIL: not more than %s %%".formatted(percent));
        return all;
    }

    /** Counts everything, from the first statement of a cold Sluice to the last. */
    private boolean share(Load load, LoadKind kind, Servers servers, Target target)
            throws CommandFailure, InterruptedException {
        ServerCounters before = ServerCounters.read(servers);
        LoadResult unused = load.run(target, connections, Duration.ZERO, Duration.ofSeconds(seconds), new NoWindow());
        ServerCounters counted = ServerCounters.read(servers).since(servers, before);
        print("%-22s %12d %12d %12.2f"
                .formatted(kind, counted.onPrimary(), counted.onReplicas(), counted.replicaPercent()));
        return counted.replicaPercent() > percent;
    }

    private void print(String line) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(line);
        out.flush();
    }

    /** Nothing else is measured. Immutable. */
    private record NoWindow() implements Load.Window {
        @Override
        public void opened() {
            // Everything counts.
        }

        @Override
        public void closed() {
            // Everything counts.
        }
    }
}
