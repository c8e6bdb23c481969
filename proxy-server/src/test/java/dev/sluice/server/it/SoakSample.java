package dev.sluice.server.it;

import java.io.IOException;

/**
 * What a Sluice without clients takes. Immutable.
 *
 * @param heap bytes in use after a collection
 * @param direct bytes outside of the heap for what is read and written
 * @param resident bytes of the process, by the kernel's count
 */
record SoakSample(long heap, long direct, long threads, long descriptors, long resident) {
    private static final long MIB = 1 << 20;

    static SoakSample take(SluiceProcess sluice) throws IOException, InterruptedException {
        long first = sluice.heap();
        return new SoakSample(
                Math.min(first, sluice.heap()),
                (long) sluice.metric("sluice_buffer_memory_bytes"),
                (long) sluice.metric("jvm_threads_current"),
                sluice.descriptors(),
                sluice.memory("VmRSS"));
    }

    @Override
    public String toString() {
        return "heap %.1f MiB, direct %.1f MiB, %d threads, %d descriptors, resident %d MiB"
                .formatted((double) heap / MIB, (double) direct / MIB, threads, descriptors, resident / MIB);
    }
}
