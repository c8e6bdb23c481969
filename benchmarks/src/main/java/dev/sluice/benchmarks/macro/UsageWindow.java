package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.CommandFailure;
import java.io.IOException;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Reads what a process has used at the beginning and at the end of the measured time. Confined to the main thread. */
final class UsageWindow implements Load.Window {
    private final ProcFileSystem proc;
    private final OptionalLong pid;
    private boolean peakIsKnown;
    private @Nullable ProcessUsage before;
    private @Nullable ProcessUsage used;

    /** For that process, or for none. */
    UsageWindow(ProcFileSystem proc, OptionalLong pid) {
        this.proc = proc;
        this.pid = pid;
    }

    @Override
    public void opened() throws CommandFailure {
        if (pid.isPresent()) {
            peakIsKnown = proc.forgetPeak(pid.getAsLong());
        }
        before = usage();
    }

    @Override
    public void closed() throws CommandFailure {
        @Nullable ProcessUsage after = usage();
        used = after == null || before == null ? null : after.since(before);
    }

    private @Nullable ProcessUsage usage() throws CommandFailure {
        if (pid.isEmpty()) {
            return null;
        }
        try {
            return proc.usage(pid.getAsLong());
        } catch (IOException e) {
            throw new CommandFailure(1, "cannot look at process " + pid.getAsLong() + ": " + e.getMessage(), e);
        }
    }

    /** Whether {@link ProcessUsage#peakBytes()} is of the measured time and not of what went before. */
    boolean peakIsKnown() {
        return peakIsKnown;
    }

    /** What was used in between; null without a process. */
    @Nullable
    ProcessUsage used() {
        return used;
    }
}
