package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import dev.sluice.server.cli.ExitCode;
import dev.sluice.server.config.Transport;
import dev.sluice.server.localcluster.DirectoryGuard;
import dev.sluice.server.localcluster.LocalClusterException;
import dev.sluice.server.localcluster.ProgressListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
        subcommands = {JmhCommand.class, ShareCommand.class, GrowthCommand.class},
        sortOptions = false)
public final class BenchCommand implements Callable<Integer> {
    /** How the report is printed. */
    enum Format {
        TEXT,
        JSON,
        /** With pictures beside it. */
        MARKDOWN
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
            names = "--netty-relay",
            split = ",",
            paramLabel = "NAME",
            description =
                    "A relay of bytes on Netty, in a JVM with the options of Sluice's, on each of these transports:"
                            + " auto, epoll, io_uring, nio. It shows what Netty costs that looks at nothing and shares nothing.")
    private Set<Transport> relays = EnumSet.noneOf(Transport.class);

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "text",
            description = "text, json, or markdown with pictures beside the file of --out. Default: text.")
    private Format format = Format.TEXT;

    @Option(names = "--out", paramLabel = "FILE", description = "Write the report there instead of standard output.")
    private @Nullable Path out;

    @Option(
            names = "--variant",
            paramLabel = "NAME=SETTING:VALUE",
            description = {
                "One more Sluice beside the first, called NAME, which differs in a setting: transport:io_uring,"
                        + " threads:N, pool:N, tls:on, java:HOME, jvm:OPTION or config:KEY=VALUE.",
                "Repeat it for each setting and each variant."
            })
    private List<String> variantOptions = new ArrayList<>();

    @Option(
            names = "--profile",
            paramLabel = "FILE",
            description =
                    "Write where Sluice spends its time under each load as a flame graph to FILE, an SVG, and where it"
                            + " allocates to another one beside it, in a turn after the rounds.")
    private @Nullable Path profile;

    @Option(names = "--check", description = "Exit with 1 if a target was missed.")
    private boolean check;

    @Override
    public Integer call() throws CommandFailure, InterruptedException {
        work.validate();
        List<SluiceVariant> variants = sluice.variants(variantOptions);
        if (format == Format.MARKDOWN && out == null) {
            throw new CommandFailure(
                    ExitCode.USAGE, "-o markdown needs --out FILE: its pictures are put beside it", null);
        }
        if (work.loads().contains(LoadKind.IDLE)) {
            IdleTurn.requireFiles(
                    ProcFileSystem.ofMachine(), work.connections(LoadKind.IDLE).get(0));
        }
        requireDifferentNames(variants);
        ProgressListener progress = line -> System.err.println("bench: " + line);
        try (CleanupStack cleanup = CleanupStack.register()) {
            Report report;
            try {
                report = run(variants, cleanup, progress);
            } catch (CommandFailure e) {
                return failed(cleanup, e);
            } catch (LocalClusterException e) {
                return failed(cleanup, new CommandFailure(ExitCode.FAILURE, String.valueOf(e.getMessage()), e));
            }
            write(report);
            List<Goal> missed =
                    Goals.of(report).stream().filter(goal -> !goal.isMet()).toList();
            missed.forEach(goal -> progress.progress(
                    "MISSED: %s: %s, must be %s".formatted(goal.text(), goal.measuredText(), goal.boundText())));
            return check && !missed.isEmpty() ? ExitCode.FAILURE : ExitCode.OK;
        }
    }

    /** A report tells its lines apart by their names. */
    private void requireDifferentNames(List<SluiceVariant> variants) throws CommandFailure {
        Set<String> names = new HashSet<>(List.of(Servers.DIRECT, HaProxy.NAME));
        relays.forEach(transport -> names.add(RelayLauncher.name(transport)));
        variants.forEach(variant -> names.add(variant.name()));
        for (Peer peer : peers) {
            if (!names.add(peer.name())) {
                throw new CommandFailure(ExitCode.USAGE, "--peer " + peer.name() + " has a name that is taken", null);
            }
        }
    }

    /** After a signal nothing is worth a message: clients fail because their servers are being stopped. */
    private static int failed(CleanupStack cleanup, CommandFailure failure) throws CommandFailure {
        if (cleanup.isClosed()) {
            return ExitCode.FAILURE;
        }
        throw failure;
    }

    private Report run(List<SluiceVariant> variants, CleanupStack cleanup, ProgressListener progress)
            throws CommandFailure, InterruptedException {
        Path directory = temporaryDirectory(cleanup);
        Servers servers = serverOptions.open(cleanup, work.connectionsMax(), progress);
        progress.progress("making a table of " + work.rows() + " rows");
        BenchTable table = BenchTable.create(servers, work.rows());
        if (serverOptions.areGiven()) {
            cleanup.push(table);
        }
        ProcFileSystem proc = ProcFileSystem.ofMachine();
        Map<String, String> environment = new Environment(proc, servers).describe();
        environment.put("work", work.description());
        List<Target> targets = targets(servers, variants, directory, cleanup, progress);
        MacroBenchmark benchmark = new MacroBenchmark(servers, targets, work, proc, progress);
        Loads loads = new Loads(servers, work, proc, cleanup);
        List<Report.Comparison> comparisons = new ArrayList<>();
        for (LoadKind kind : work.loads()) {
            for (int connections : work.connections(kind)) {
                if (kind.tool() == LoadKind.Tool.FRESH_PROCESS) {
                    comparisons.add(benchmark.compareFresh(kind, loads.fresh(kind), connections));
                } else {
                    Load load = loads.of(kind);
                    comparisons.add(benchmark.compare(kind, load, connections));
                    if (profile != null) {
                        benchmark.profile(kind, load, connections, profileFile(profile, kind, connections));
                    }
                }
            }
        }
        return new Report(environment, servers.replicas().size(), variants, comparisons);
    }

    /** The file itself where there is one load only; else its name says which load it shows. */
    private Path profileFile(Path file, LoadKind kind, int connections) {
        boolean single = work.loads().size() == 1 && work.connections(kind).size() == 1;
        return single ? file : withSuffix(file, "-%s-%d".formatted(kind, connections));
    }

    /** The same file with something more in front of the dot of its name. */
    static Path withSuffix(Path file, String suffix) {
        String name = String.valueOf(file.getFileName());
        int dot = name.lastIndexOf('.');
        return file.resolveSibling(dot < 0 ? name + suffix : name.substring(0, dot) + suffix + name.substring(dot));
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

    private List<Target> targets(
            Servers servers,
            List<SluiceVariant> variants,
            Path directory,
            CleanupStack cleanup,
            ProgressListener progress)
            throws CommandFailure {
        List<Target> targets = new ArrayList<>(List.of(servers.direct()));
        Optional<Path> haProxy = withoutHaProxy ? Optional.empty() : Executables.find("haproxy");
        if (haProxy.isPresent()) {
            progress.progress("starting HAProxy");
            targets.add(new HaProxy(haProxy.get(), sluice.threads(), servers, directory).start(cleanup));
        }
        for (Transport transport : relays) {
            RelayLauncher relay = new RelayLauncher(transport, sluice.threads(), servers, directory);
            progress.progress("starting " + relay.name());
            targets.add(relay.start(cleanup));
        }
        for (SluiceVariant variant : variants) {
            progress.progress("starting " + variant.name());
            targets.add(sluice.launcher(variant, servers, directory).start(cleanup));
        }
        peers.forEach(peer -> targets.add(peer.target()));
        return targets;
    }

    private void write(Report report) throws CommandFailure {
        if (out == null) {
            System.out.print(format == Format.JSON ? JsonReport.of(report) : TextReport.of(report));
            return;
        }
        try {
            switch (format) {
                case TEXT -> Files.writeString(out, TextReport.of(report));
                case JSON -> Files.writeString(out, JsonReport.of(report));
                case MARKDOWN -> writeMarkdown(report, out);
            }
        } catch (IOException e) {
            throw new CommandFailure(1, "cannot write " + out + ": " + e.getMessage(), e);
        }
    }

    private static void writeMarkdown(Report report, Path file) throws IOException {
        String name = String.valueOf(file.getFileName());
        MarkdownReport markdown = MarkdownReport.of(report, name.replaceFirst("\\.[^.]*$", ""));
        Files.writeString(file, markdown.text());
        for (Map.Entry<String, String> picture : markdown.pictures().entrySet()) {
            Files.writeString(file.resolveSibling(picture.getKey()), picture.getValue());
        }
    }
}
