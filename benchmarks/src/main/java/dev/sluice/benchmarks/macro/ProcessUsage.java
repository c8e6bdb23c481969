package dev.sluice.benchmarks.macro;

import java.util.OptionalDouble;

/**
 * What a process has used since its start, or between two moments. Immutable.
 *
 * @param userMicros CPU time of all threads in user mode, in microseconds
 * @param systemMicros CPU time of all threads in the kernel, in microseconds
 * @param contextSwitches context switches of the threads that live, voluntary or not
 * @param residentBytes resident memory at the (later) moment
 * @param peakBytes the most resident memory there has been; between two moments, by how much that exceeds what there was
 *     at the earlier one
 * @param compilers the part of the CPU time that compilers used, if it is a JVM
 */
record ProcessUsage(
        long userMicros,
        long systemMicros,
        long contextSwitches,
        long residentBytes,
        long peakBytes,
        CompilerTimes compilers) {
    private static final double PERCENT = 100;

    /** What was used since an earlier moment. */
    ProcessUsage since(ProcessUsage earlier) {
        return new ProcessUsage(
                userMicros - earlier.userMicros,
                systemMicros - earlier.systemMicros,
                contextSwitches - earlier.contextSwitches,
                residentBytes,
                Math.max(0, peakBytes - earlier.residentBytes),
                compilers.since(earlier.compilers));
    }

    /** CPU time in both modes, in microseconds. */
    long cpuMicros() {
        return userMicros + systemMicros;
    }

    /** The part of the CPU time that compilers used, in percent; empty if the process is no JVM that compiles. */
    OptionalDouble compilerPercent() {
        long micros = compilers.micros();
        // The times of process and threads are rounded on their own: a part may look larger than the whole.
        return compilers.areThere()
                ? OptionalDouble.of(micros == 0 ? 0 : PERCENT * micros / Math.max(micros, cpuMicros()))
                : OptionalDouble.empty();
    }
}
