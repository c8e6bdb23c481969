package dev.sluice.server.localcluster;

/**
 * The receiver of one-line reports about slow steps, such as a download or the start of a server.
 *
 * <p>Thread-safe: implementations may be called by several starting servers at once.
 */
@FunctionalInterface
public interface ProgressListener {
    /** Takes one line without a line break. */
    void progress(String line);

    /** A listener for callers who do not want to know. */
    static ProgressListener silent() {
        return line -> {};
    }
}
