package dev.sluice.benchmarks.macro;

import java.util.HashMap;
import java.util.Map;

/**
 * CPU time of the compiler threads of a process, since their start or between two moments. Immutable.
 *
 * <p>A JVM starts and ends such threads as there is work for them. One that was not there at the earlier moment counts from
 * its start; what one did in between that is gone at the later moment is not known any more.
 *
 * @param microsByThread microseconds in both modes by the number of the thread; empty if the process is no JVM that compiles
 */
record CompilerTimes(Map<String, Long> microsByThread) {
    /** Of a process that has no compilers. */
    static final CompilerTimes NONE = new CompilerTimes(Map.of());

    CompilerTimes {
        microsByThread = Map.copyOf(microsByThread);
    }

    /** What was used since an earlier moment. */
    CompilerTimes since(CompilerTimes earlier) {
        Map<String, Long> used = new HashMap<>();
        microsByThread.forEach((thread, micros) -> {
            long before = earlier.microsByThread.getOrDefault(thread, 0L);
            // Less than before is another thread, to which the kernel gave the same number.
            used.put(thread, micros < before ? micros : micros - before);
        });
        return new CompilerTimes(used);
    }

    /** Whether there are compilers at all. */
    boolean areThere() {
        return !microsByThread.isEmpty();
    }

    /** CPU time of all of them, in microseconds. */
    long micros() {
        return microsByThread.values().stream().mapToLong(Long::longValue).sum();
    }
}
