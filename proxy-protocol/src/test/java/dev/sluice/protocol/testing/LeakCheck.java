package dev.sluice.protocol.testing;

import io.netty.util.LeakPresenceDetector;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A check after every test that no buffer is left, without waiting for a garbage collection. It registers itself wherever
 * this jar is on the class path and needs the system property {@code io.netty.customResourceLeakDetector} to name {@link
 * LeakPresenceDetector}; without it every test fails. Thread-safe: no state.
 */
public final class LeakCheck implements AfterEachCallback {
    @Override
    public void afterEach(ExtensionContext context) {
        LeakPresenceDetector.check();
    }
}
