package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import dev.sluice.server.cli.ExitCode;
import dev.sluice.server.localcluster.LocalClusterException;
import dev.sluice.server.localcluster.ProgressListener;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The command {@code bench growth}: how the CPU that Sluice spends on a query grows with what there may be much of.
 * Confined to the main thread.
 */
@Command(
        name = "growth",
        description = "Measure how CPU per query grows with connections, distinct statements, their length, the size of"
                + " results and prepared statements.",
        sortOptions = false)
final class GrowthCommand implements Callable<Integer> {
    private static final int ROWS = 10_000;
    private static final int WARM_UP_CLIENTS = 8;
    /** A fresh JVM needs several times as long as one that only gets another load. */
    private static final int FIRST_WARM_UP = 4;

    @Option(
            names = "--curve",
            split = ",",
            paramLabel = "CURVE",
            defaultValue = "connections,statements,length,result,prepared",
            description = "What grows, separated by commas: ${COMPLETION-CANDIDATES}. Default: all.")
    private List<Curve> curves = List.of();

    @Option(
            names = "--points",
            split = ",",
            paramLabel = "N",
            description = "Where it is measured, separated by commas; with one curve only. Each has its own default.")
    private List<Integer> points = List.of();

    @Option(names = "--seconds", paramLabel = "N", defaultValue = "5", description = "Time of each point. Default: 5.")
    private int seconds = 5;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "5",
            description = "Seconds of load before each point is measured. Default: 5.")
    private int warmUp = 5;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "Write the report there as Markdown, with a picture of each curve beside it.")
    private @Nullable Path out;

    @Mixin
    private SluiceOptions sluice = new SluiceOptions();

    @Mixin
    private ServerOptions serverOptions = new ServerOptions();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws CommandFailure, InterruptedException {
        if (seconds < 1 || warmUp < 0 || points.stream().anyMatch(point -> point < 1)) {
            throw new CommandFailure(
                    ExitCode.USAGE, "--seconds and --points must be positive, --warm-up not negative", null);
        }
        if (!points.isEmpty() && curves.size() != 1) {
            throw new CommandFailure(ExitCode.USAGE, "--points is for one --curve", null);
        }
        ProcFileSystem proc = ProcFileSystem.ofMachine();
        int clientsMax = curves.stream()
                .flatMap(curve -> points(curve).stream().map(curve::clients))
                .max(Integer::compare)
                .orElseThrow();
        IdleTurn.requireFiles(proc, clientsMax);
        PrintWriter err = spec.commandLine().getErr();
        ProgressListener progress = line -> err.println("growth: " + line);
        try (CleanupStack cleanup = CleanupStack.register()) {
            Servers servers = serverOptions.open(cleanup, clientsMax, progress);
            BenchTable table = BenchTable.create(servers, ROWS);
            if (serverOptions.areGiven()) {
                cleanup.push(table);
            }
            Map<String, String> environment = new Environment(proc, servers).describe();
            environment.put("work", "%d s for each point after %d s of warm-up".formatted(seconds, warmUp));
            environment.put(SluiceVariant.BASE_NAME, sluice.base().description());
            SluiceVariant roomy = sluice.base().with("limits.max-connections", Math.max(clientsMax, 1_000) + 100);
            Target target = sluice.launcher(roomy, servers, BenchCommand.temporaryDirectory(cleanup))
                    .start(cleanup);
            progress.progress("warm-up");
            LoadResult unused = new WireLoopLoad(servers, Curve.CONNECTIONS.script(0, ROWS))
                    .run(
                            target,
                            WARM_UP_CLIENTS,
                            Duration.ZERO,
                            Duration.ofSeconds((long) FIRST_WARM_UP * warmUp),
                            new UsageWindow(proc, target.pid()));
            Map<Curve, List<GrowthReport.Point>> measured = new EnumMap<>(Curve.class);
            for (Curve curve : curves) {
                measured.put(curve, measure(curve, servers, target, proc, progress));
            }
            write(new GrowthReport(environment, measured));
            return ExitCode.OK;
        } catch (LocalClusterException e) {
            throw new CommandFailure(ExitCode.FAILURE, String.valueOf(e.getMessage()), e);
        }
    }

    private List<Integer> points(Curve curve) {
        return points.isEmpty() ? curve.points() : points;
    }

    private List<GrowthReport.Point> measure(
            Curve curve, Servers servers, Target target, ProcFileSystem proc, ProgressListener progress)
            throws CommandFailure, InterruptedException {
        List<GrowthReport.Point> measured = new ArrayList<>();
        for (int value : points(curve)) {
            UsageWindow window = new UsageWindow(proc, target.pid());
            LoadResult result = new WireLoopLoad(servers, curve.script(value, ROWS))
                    .run(target, curve.clients(value), Duration.ofSeconds(warmUp), Duration.ofSeconds(seconds), window);
            @Nullable ProcessUsage used = window.used();
            double queries = Math.max(1, result.units());
            GrowthReport.Point point = new GrowthReport.Point(
                    value,
                    used == null ? 0 : used.cpuMicros() / queries,
                    used == null ? 0 : used.userMicros() / queries,
                    result.units() / result.seconds(),
                    result.latency().p99(),
                    used == null ? 0 : used.residentBytes() / Round.BYTES_PER_MB);
            measured.add(point);
            progress.progress("%d %s: %.1f us CPU per query".formatted(value, curve.quantity(), point.cpu()));
        }
        return measured;
    }

    private void write(GrowthReport report) throws CommandFailure {
        if (out == null) {
            PrintWriter printer = spec.commandLine().getOut();
            printer.print(report.markdown(""));
            printer.flush();
            return;
        }
        String stem = String.valueOf(out.getFileName()).replaceFirst("\\.[^.]*$", "");
        try {
            Files.writeString(out, report.markdown(stem));
            for (Map.Entry<String, String> picture : report.pictures(stem).entrySet()) {
                Files.writeString(out.resolveSibling(picture.getKey()), picture.getValue());
            }
        } catch (IOException e) {
            throw new CommandFailure(1, "cannot write " + out + ": " + e.getMessage(), e);
        }
    }
}
