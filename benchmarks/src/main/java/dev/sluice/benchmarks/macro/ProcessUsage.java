package dev.sluice.benchmarks.macro;

/**
 * What a process has used since its start, or between two moments. Immutable.
 *
 * @param userMicros CPU time of all threads in user mode, in microseconds
 * @param systemMicros CPU time of all threads in the kernel, in microseconds
 * @param contextSwitches context switches of the threads that live, voluntary or not
 * @param residentBytes resident memory at the (later) moment
 * @param peakBytes the most resident memory there has been; between two moments, by how much that exceeds what there was
 *     at the earlier one
 */
record ProcessUsage(long userMicros, long systemMicros, long contextSwitches, long residentBytes, long peakBytes) {
    /** What was used since an earlier moment. */
    ProcessUsage since(ProcessUsage earlier) {
        return new ProcessUsage(
                userMicros - earlier.userMicros,
                systemMicros - earlier.systemMicros,
                contextSwitches - earlier.contextSwitches,
                residentBytes,
                Math.max(0, peakBytes - earlier.residentBytes));
    }

    /** CPU time in both modes, in microseconds. */
    long cpuMicros() {
        return userMicros + systemMicros;
    }
}
