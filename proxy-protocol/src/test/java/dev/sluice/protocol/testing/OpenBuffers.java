package dev.sluice.protocol.testing;

import io.netty.util.LeakPresenceDetector;
import org.jspecify.annotations.Nullable;

/**
 * Counts the buffers that are not released. Netty makes it what watches its buffers where the system property {@code
 * io.netty.customResourceLeakDetector} names it. Thread-safe: a counter.
 *
 * @param <T> what is watched
 */
public final class OpenBuffers<T> extends LeakPresenceDetector<T> {
    private static volatile @Nullable ResourceScope all;

    /** Called by Netty, with an interval that has no effect: all are watched. */
    @SuppressWarnings("StaticAssignmentInConstructor") // one for each kind of what is watched, all with the same scope
    public OpenBuffers(Class<?> resourceType, int unused) {
        super(resourceType);
        all = currentScope();
    }

    /** Looked for by Netty, too, which warns if it is not there. */
    public OpenBuffers(Class<?> resourceType, int unused, long unusedToo) {
        this(resourceType, unused);
    }

    /** Whether a buffer is open. */
    static boolean areThere() {
        ResourceScope scope = all;
        return scope != null && scope.hasOpenResources();
    }
}
