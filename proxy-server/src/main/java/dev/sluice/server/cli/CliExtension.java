package dev.sluice.server.cli;

/**
 * A command that another module adds to {@code sluice}. Found with {@link java.util.ServiceLoader}: name the
 * implementation in {@code META-INF/services/dev.sluice.server.cli.CliExtension}. Confined to the main thread.
 */
public interface CliExtension {
    /** A new instance of a class annotated with picocli's {@code @Command}, which carries the command's name. */
    Object command();
}
