package dev.sluice.server.cli;

import dev.sluice.server.config.BackendConfig;
import dev.sluice.server.config.SluiceConfig;
import dev.sluice.server.tls.BackendTls;
import dev.sluice.server.tls.FrontendTls;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code check}: validates the file and looks at every backend. Confined to the main thread. */
@Command(name = "check", description = "Validate the configuration, connect to every backend and print what was found.")
final class CheckCommand implements Callable<Integer> {
    // Two connections, their statements and the driver's own, each with the socket timeout.
    private static final int STATEMENTS_MAX = 20;

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli before the command runs.
    private CommandSpec spec;

    @Mixin
    private ConfigOption config = new ConfigOption();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            description = "text or json. Default: ${DEFAULT-VALUE}.",
            defaultValue = "text")
    private OutputFormat output = OutputFormat.TEXT;

    private final BackendInspector inspector;

    CheckCommand(BackendInspector inspector) {
        this.inspector = inspector;
    }

    @Override
    public Integer call() throws Exception {
        SluiceConfig loaded = config.load();
        FrontendTls.verifyConfigured(loaded.tls());
        BackendTls.load(loaded.tls());
        CheckResult result = CheckResult.of(loaded, inspectAll(loaded));
        PrintWriter out = spec.commandLine().getOut();
        if (output == OutputFormat.JSON) {
            CheckPrinter.json(result, out);
        } else {
            CheckPrinter.table(result, out);
        }
        return result.wrong().isEmpty() ? ExitCode.OK : ExitCode.FAILURE;
    }

    /** All at once, so that one dead server does not delay the others' reports. */
    private List<BackendReport> inspectAll(SluiceConfig loaded) throws Exception {
        List<BackendConfig> backends = loaded.backends();
        ExecutorService threads = Executors.newFixedThreadPool(backends.size(), task -> {
            Thread thread = new Thread(task, "check");
            thread.setDaemon(true);
            return thread;
        });
        try {
            Duration deadline = loaded.pool()
                    .connectTimeout()
                    .plus(loaded.monitor().timeout().multipliedBy(STATEMENTS_MAX));
            List<Callable<BackendReport>> tasks = new ArrayList<>();
            backends.forEach(backend -> tasks.add(() -> inspector.inspect(backend, loaded)));
            List<Future<BackendReport>> futures = threads.invokeAll(tasks, deadline.toMillis(), TimeUnit.MILLISECONDS);
            List<BackendReport> reports = new ArrayList<>();
            for (int i = 0; i < futures.size(); i++) {
                reports.add(report(backends.get(i), futures.get(i), deadline));
            }
            return reports;
        } finally {
            threads.shutdownNow();
        }
    }

    private static BackendReport report(BackendConfig backend, Future<BackendReport> future, Duration deadline)
            throws Exception {
        try {
            return future.get();
        } catch (CancellationException e) {
            return BackendReport.unreachable(backend.address(), "no answer within " + deadline.toSeconds() + "s");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }
}
