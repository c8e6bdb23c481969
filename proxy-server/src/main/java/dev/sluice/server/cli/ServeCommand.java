package dev.sluice.server.cli;

import dev.sluice.server.config.SluiceConfig;
import dev.sluice.server.logging.Logging;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The command {@code serve}: runs the proxy until a signal stops it. Confined to the main thread. */
@Command(
        name = "serve",
        description = "Run the proxy until SIGTERM or SIGINT; the first lets transactions end, a second stops at once.")
final class ServeCommand implements Callable<Integer> {
    private static final Logger LOGGER = LoggerFactory.getLogger(ServeCommand.class);

    @Mixin
    private ConfigOption config = new ConfigOption();

    private final ServerStarter starter;

    ServeCommand(ServerStarter starter) {
        this.starter = starter;
    }

    private static void hangUp(ServerStarter.@Nullable Running running) {
        if (running == null) {
            LOGGER.atWarn().log("SIGHUP ignored: Sluice is starting, and has just read its configuration file");
        } else {
            running.reload();
        }
    }

    @Override
    public Integer call() throws Exception {
        SluiceConfig loaded = config.load();
        Logging.install(loaded.log());
        BuildInfo build = BuildInfo.current();
        LOGGER.atInfo()
                .addKeyValue("version", build.version())
                .addKeyValue("commit", build.commit())
                .addKeyValue("jdk", build.jdk())
                .addKeyValue("listen", loaded.listen())
                .addKeyValue("backends", loaded.backends().size())
                .log("starting");
        LOGGER.atDebug().addKeyValue("config", loaded).log("configuration");
        try (ProcessSignals handlers = new ProcessSignals()) {
            // From the beginning, because a reload that comes too early would otherwise end the process.
            AtomicReference<ServerStarter.@Nullable Running> started = new AtomicReference<>();
            handlers.on("HUP", () -> hangUp(started.get()));
            ServerStarter.Running running = starter.start(loaded, config.file());
            started.set(running);
            // Only now: until it serves there is nothing to drain, and a start that hangs must be easy to stop.
            StopSignals signals = new StopSignals(running);
            handlers.on("TERM", () -> signals.received("SIGTERM"));
            handlers.on("INT", () -> signals.received("SIGINT"));
            running.awaitTermination();
            LOGGER.atInfo().log("stopped");
            return signals.cut() ? ExitCode.FAILURE : ExitCode.OK;
        }
    }
}
