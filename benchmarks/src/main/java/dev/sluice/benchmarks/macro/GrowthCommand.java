package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import dev.sluice.server.cli.ExitCode;
import dev.sluice.server.localcluster.LocalClusterException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
        description =
                "Measure how CPU per query grows with connections, servers, distinct statements, their length, the size of"
                        + " results and prepared statements.",
        sortOptions = false)
final class GrowthCommand implements Callable<Integer> {
    @Option(
            names = "--curve",
            split = ",",
            paramLabel = "CURVE",
            defaultValue = "connections,servers,statements,length,result,prepared",
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
            names = "--warm-up-max",
            paramLabel = "N",
            defaultValue = "120",
            description =
                    "A fresh Sluice is warmed up for four times --warm-up, and longer, up to so many seconds in all, until its"
                            + " compilers are quiet. Default: 120.")
    private int warmUpMax = 120;

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
        if (seconds < 1 || warmUp < 0 || warmUpMax < 0 || points.stream().anyMatch(point -> point < 1)) {
            throw new CommandFailure(
                    ExitCode.USAGE,
                    "--seconds and --points must be positive, --warm-up and --warm-up-max not negative",
                    null);
        }
        if (!points.isEmpty() && curves.size() != 1) {
            throw new CommandFailure(ExitCode.USAGE, "--points is for one --curve", null);
        }
        int clientsMax = curves.stream()
                .flatMap(curve -> points(curve).stream().map(curve::clients))
                .max(Integer::compare)
                .orElseThrow();
        ProcFileSystem proc = ProcFileSystem.ofMachine();
        IdleTurn.requireFiles(proc, clientsMax);
        PrintWriter err = spec.commandLine().getErr();
        Growth growth = new Growth(
                sluice,
                serverOptions,
                new Growth.Times(
                        Duration.ofSeconds(warmUpMax), Duration.ofSeconds(warmUp), Duration.ofSeconds(seconds)),
                clientsMax,
                proc,
                line -> err.println("growth: " + line));
        Map<Curve, List<Integer>> ofOneSluice = new EnumMap<>(Curve.class);
        for (Curve curve : curves) {
            ofOneSluice.put(curve, points(curve));
        }
        List<Integer> ofServers = ofOneSluice.remove(Curve.SERVERS);
        try {
            if (!ofOneSluice.isEmpty()) {
                growth.measure(ofOneSluice);
            }
            if (ofServers != null) {
                growth.measureServers(ofServers);
            }
        } catch (LocalClusterException e) {
            throw keeping(growth.report(), new CommandFailure(ExitCode.FAILURE, String.valueOf(e.getMessage()), e));
        } catch (CommandFailure e) {
            throw keeping(growth.report(), e);
        }
        write(growth.report());
        return ExitCode.OK;
    }

    /** Writes what was measured before something failed, which took minutes, too. */
    private CommandFailure keeping(GrowthReport measured, CommandFailure failure) {
        if (!measured.curves().isEmpty()) {
            try {
                write(measured);
            } catch (CommandFailure second) {
                failure.addSuppressed(second);
            }
        }
        return failure;
    }

    private List<Integer> points(Curve curve) {
        return points.isEmpty() ? curve.points() : points;
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
