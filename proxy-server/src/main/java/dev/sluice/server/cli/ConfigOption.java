package dev.sluice.server.cli;

import dev.sluice.server.config.ConfigException;
import dev.sluice.server.config.ConfigLoader;
import dev.sluice.server.config.SluiceConfig;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The option {@code --config}, shared by the commands that need a file. Confined to the main thread. */
final class ConfigOption {
    @Option(
            names = {"-c", "--config"},
            required = true,
            paramLabel = "FILE",
            description = "The configuration file.")
    private Path file = Path.of("sluice.yaml");

    SluiceConfig load() throws ConfigException {
        return new ConfigLoader().load(file);
    }

    Path file() {
        return file;
    }
}
