package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CliExtension;

/** Adds {@code bench} to the commands of {@code sluice} where the benchmarks are on the class path. Immutable. */
public final class BenchExtension implements CliExtension {
    @Override
    public Object command() {
        return new BenchCommand();
    }
}
