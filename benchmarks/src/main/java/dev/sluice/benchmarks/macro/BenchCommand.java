package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import dev.sluice.server.cli.ExitCode;
import dev.sluice.server.localcluster.DirectoryGuard;
import dev.sluice.server.localcluster.LocalClusterException;
import dev.sluice.server.localcluster.ProgressListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The command {@code bench}: measures what Sluice costs beside other ways to the same data. Confined to the main thread;
 * a signal closes what was started from a thread of its own.
 */
@Command(
        name = "bench",
        description = "Run the same load straight, through Sluice and through other proxies, in turns.",
        subcommands = {JmhCommand.class, ShareCommand.class},
        sortOptions = false)
public final class BenchCommand implements Callable<Integer> {
    /** How the report is printed. */
    enum Format {
        TEXT,
        JSON
    }

    @Mixin
    private WorkOptions work = new WorkOptions();

    @Mixin
    private SluiceOptions sluice = new SluiceOptions();

    @Mixin
    private ServerOptions serverOptions = new ServerOptions();

    @Option(
            names = "--peer",
            paramLabel = "NAME=HOST:PORT[,pid=N]",
            converter = Peer.Converter.class,
            description = "Another proxy in front of the same servers, already running; repeat it for each.")
    private List<Peer> peers = new ArrayList<>();

    @Option(names = "--no-haproxy", description = "Leave HAProxy out although it is installed.")
    private boolean withoutHaProxy;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "text",
            description = "text or json. Default: text.")
    private Format format = Format.TEXT;

    @Option(names = "--out", paramLabel = "FILE", description = "Write the report there instead of standard output.")
    private @Nullable Path out;

    @Override
    public Integer call() throws CommandFailure, InterruptedException {
        work.validate();
        ProgressListener progress = line -> System.err.println("bench: " + line);
        try (CleanupStack cleanup = CleanupStack.register()) {
            Report report;
            try {
                report = run(cleanup, progress);
            } catch (CommandFailure e) {
                return failed(cleanup, e);
            } catch (LocalClusterException e) {
                return failed(cleanup, new CommandFailure(ExitCode.FAILURE, String.valueOf(e.getMessage()), e));
            }
            write(format == Format.JSON ? JsonReport.of(report) : TextReport.of(report));
        }
        return ExitCode.OK;
    }

    /** After a signal nothing is worth a message: clients fail because their servers are being stopped. */
    private static int failed(CleanupStack cleanup, CommandFailure failure) throws CommandFailure {
        if (cleanup.isClosed()) {
            return ExitCode.FAILURE;
        }
        throw failure;
    }

    private Report run(CleanupStack cleanup, ProgressListener progress) throws CommandFailure, InterruptedException {
        Path directory = temporaryDirectory(cleanup);
        Servers servers = serverOptions.open(cleanup, work.connectionsMax(), progress);
        progress.progress("making a table of " + work.rows() + " rows");
        BenchTable table = BenchTable.create(servers, work.rows());
        if (serverOptions.areGiven()) {
            cleanup.push(table);
        }
        ProcFileSystem proc = ProcFileSystem.ofMachine();
        Map<String, String> environment = new Environment(proc, servers).describe();
        environment.put("settings", sluice.description());
        environment.put("work", work.description());
        MacroBenchmark benchmark =
                new MacroBenchmark(servers, targets(servers, directory, cleanup, progress), work, proc, progress);
        List<Report.Comparison> comparisons = new ArrayList<>();
        for (LoadKind kind : work.loads()) {
            Load load = load(kind, servers, cleanup);
            for (int connections : work.connections()) {
                comparisons.add(benchmark.compare(kind, load, connections));
            }
        }
        return new Report(environment, comparisons);
    }

    /** A directory that ends with the stack. */
    static Path temporaryDirectory(CleanupStack cleanup) throws CommandFailure {
        String tmpdir = System.getenv("TMPDIR");
        Path parent = Path.of(tmpdir == null || tmpdir.isEmpty() ? System.getProperty("java.io.tmpdir") : tmpdir);
        try {
            return cleanup.push(DirectoryGuard.start(Files.createTempDirectory(parent, "sluice-bench-")))
                    .path();
        } catch (IOException e) {
            throw new CommandFailure(1, "cannot make a directory in " + parent + ": " + e.getMessage(), e);
        }
    }

    private List<Target> targets(Servers servers, Path directory, CleanupStack cleanup, ProgressListener progress)
            throws CommandFailure {
        List<Target> targets = new ArrayList<>(List.of(servers.direct()));
        Optional<Path> haProxy = withoutHaProxy ? Optional.empty() : Executables.find("haproxy");
        if (haProxy.isPresent()) {
            progress.progress("starting HAProxy");
            targets.add(new HaProxy(haProxy.get(), sluice.threads()).start(servers, directory, cleanup));
        }
        progress.progress("starting Sluice");
        targets.add(sluice.start(servers, directory, cleanup));
        peers.forEach(peer -> targets.add(peer.target()));
        return targets;
    }

    private Load load(LoadKind kind, Servers servers, CleanupStack cleanup) throws CommandFailure {
        if (kind.tool() == LoadKind.Tool.CONNECTOR_J) {
            return new ConnectorJLoad(kind, servers.jdbc(), work.rows());
        }
        Path sysbench = Executables.find("sysbench")
                .orElseThrow(() -> new CommandFailure("--load " + kind
                        + " needs sysbench on the PATH: install it (Debian: apt-get install sysbench)."));
        return new SysbenchLoad(sysbench, kind, servers, work.rows(), cleanup);
    }

    private void write(String report) throws CommandFailure {
        if (out == null) {
            System.out.print(report);
            return;
        }
        try {
            Files.writeString(out, report);
        } catch (IOException e) {
            throw new CommandFailure(1, "cannot write " + out + ": " + e.getMessage(), e);
        }
    }
}
