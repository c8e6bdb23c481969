package dev.sluice.server.localcluster;

/**
 * Registration of JVM shutdown hooks that may race with a shutdown already under way.
 *
 * <p>Thread-safe: the runtime serialises the calls.
 */
final class ShutdownHooks {
    private ShutdownHooks() {}

    /** Registers a hook; answers false when the JVM is already shutting down, where the caller's own cleanup decides. */
    static boolean add(Thread hook) {
        try {
            Runtime.getRuntime().addShutdownHook(hook);
            return true;
        } catch (IllegalStateException shuttingDown) {
            return false;
        }
    }

    /** Removes a hook; answers false when the JVM is already running it. */
    static boolean remove(Thread hook) {
        try {
            return Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException shuttingDown) {
            return false;
        }
    }
}
