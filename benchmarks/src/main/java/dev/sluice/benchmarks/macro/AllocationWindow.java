package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;

/** Reads what the event loops of Sluice allocate in the measured time. Confined to the main thread. */
final class AllocationWindow implements Load.Window {
    private final Jcmd jcmd;
    private long before;
    private long allocated;

    /** For that process. */
    AllocationWindow(Jcmd jcmd) {
        this.jcmd = jcmd;
    }

    @Override
    public void opened() throws CommandFailure {
        before = now();
    }

    @Override
    public void closed() throws CommandFailure {
        allocated = now() - before;
    }

    private long now() throws CommandFailure {
        try {
            return jcmd.allocatedByEventLoops();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted while the JVM of Sluice was asked");
        }
    }

    /** Bytes in the measured time. */
    long allocated() {
        return allocated;
    }
}
