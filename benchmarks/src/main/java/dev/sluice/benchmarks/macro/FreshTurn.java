package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import java.time.Duration;

/** A turn of a process of its own, which is started for it and ended afterwards. Confined to the main thread. */
interface FreshTurn {
    /** Whether it makes sense for this target and it can be done. */
    boolean takes(Target target);

    /** Measures one process. */
    Round run(Target target, int connections, Duration measured) throws CommandFailure, InterruptedException;
}
