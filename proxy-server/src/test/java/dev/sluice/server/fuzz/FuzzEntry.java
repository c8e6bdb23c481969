package dev.sluice.server.fuzz;

import java.util.Arrays;

/**
 * Where Jazzer comes in: the first byte of an input chooses among the targets. {@code -Dsluice.fuzz.target} chooses one for
 * all. Thread-safe: a function without state.
 */
public final class FuzzEntry {
    private static final FuzzTarget[] TARGETS = targets(System.getProperty("sluice.fuzz.target", ""));

    private FuzzEntry() {}

    private static FuzzTarget[] targets(String only) {
        return only.isEmpty() ? FuzzTarget.values() : new FuzzTarget[] {FuzzTarget.valueOf(only)};
    }

    /** The name and the form are Jazzer's. */
    public static void fuzzerTestOneInput(byte[] data) {
        if (data.length > 0) {
            FuzzTarget target = TARGETS[(data[0] & 0xFF) % TARGETS.length];
            target.run(Arrays.copyOfRange(data, 1, data.length));
        }
    }
}
