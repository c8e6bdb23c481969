package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import dev.sluice.server.cli.ExitCode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of Sluice as it is measured. Confined to the main thread. */
final class SluiceOptions {
    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "1",
            description = "Event loops of Sluice, and threads of HAProxy and of relays. Default: 1.")
    private int threads = 1;

    @Option(
            names = "--transport",
            paramLabel = "NAME",
            defaultValue = "auto",
            description = "Transport of Sluice, as in its configuration. Default: auto.")
    private String transport = "auto";

    @Option(
            names = "--pool",
            paramLabel = "N",
            defaultValue = "100",
            description = "Connections of Sluice to each server at most. Default: 100.")
    private int pool = 100;

    @Option(
            names = "--jvm-option",
            paramLabel = "OPTION",
            description = "One more option for the JVM of Sluice, such as -XX:+UseSerialGC; repeat it for each.")
    private List<String> jvmOptions = new ArrayList<>();

    @Option(names = "--sluice-log", paramLabel = "FILE", description = "Append what Sluice logs to FILE, to keep it.")
    private @Nullable Path log;

    int threads() {
        return threads;
    }

    /** Sluice as these options describe it. */
    SluiceVariant base() {
        return new SluiceVariant(
                SluiceVariant.BASE_NAME,
                threads,
                transport,
                pool,
                false,
                Path.of(System.getProperty("java.home")),
                jvmOptions,
                Map.of());
    }

    /** Sluice as these options describe it, and each variant of that. */
    List<SluiceVariant> variants(List<String> options) throws CommandFailure {
        List<SluiceVariant> variants = new ArrayList<>(List.of(base()));
        try {
            variants.addAll(SluiceVariant.parse(base(), options));
        } catch (IllegalArgumentException e) {
            throw new CommandFailure(ExitCode.USAGE, "--variant " + e.getMessage(), null);
        }
        return variants;
    }

    /** What starts a variant in front of the servers. */
    SluiceLauncher launcher(SluiceVariant variant, Servers servers, Path directory) {
        return new SluiceLauncher(variant, servers, directory, log);
    }
}
