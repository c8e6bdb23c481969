package dev.sluice.server.cli;

import dev.sluice.server.config.ConfigException;
import dev.sluice.server.config.ConfigLoader;
import dev.sluice.server.config.SluiceConfig;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What SIGHUP does: reads the file again and logs whether a restart with it would work. Nothing is applied, and it says
 * so. Thread-safe: it only reads.
 */
final class ReloadCheck implements Runnable {
    private static final Logger LOGGER = LoggerFactory.getLogger(ReloadCheck.class);

    private final Path file;
    private final SluiceConfig running;

    ReloadCheck(Path file, SluiceConfig running) {
        this.file = file;
        this.running = running;
    }

    @Override
    public void run() {
        try {
            boolean changed = !new ConfigLoader().load(file).equals(running);
            String message = changed
                    ? "the configuration file is valid and has changed; no key is applied without a restart"
                    : "the configuration file is valid and has not changed";
            LOGGER.atInfo()
                    .addKeyValue("file", file)
                    .addKeyValue("changed", changed)
                    .log(message);
        } catch (ConfigException e) {
            e.problems()
                    .forEach(problem -> LOGGER.atError()
                            .addKeyValue("problem", problem)
                            .log("the configuration file is wrong; a restart would fail"));
        }
    }
}
