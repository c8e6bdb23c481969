package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;

/** Starts processes of a proxy, each with a configuration of its own. Confined to the main thread. */
interface Launcher {
    /** Starts one and returns at once; it ends with the stack or when it is closed. */
    Launched launch(CleanupStack cleanup) throws CommandFailure;
}
