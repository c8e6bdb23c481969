package dev.sluice.server.localcluster;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A local cluster that cannot do what was asked: the message is one sentence for the user, with the remedy.
 *
 * <p>Immutable.
 */
public class LocalClusterException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final long NEARLY_NOTHING_BYTES = 4L << 20;

    /** Creates an exception whose message is shown to the user as it is. */
    public LocalClusterException(String message) {
        super(message);
    }

    /** Creates an exception whose message is shown to the user as it is; the cause is for the log. */
    public LocalClusterException(String message, Throwable cause) {
        super(message, cause);
    }

    /** Says what could not be done with a file, and names a full disk as what it is. */
    static LocalClusterException io(String action, Path path, IOException cause) {
        if (String.valueOf(cause.getMessage()).contains("No space left on device")) {
            return new LocalClusterException(diskFull(path), cause);
        }
        String reason = cause instanceof FileSystemException file && file.getReason() != null
                ? file.getReason()
                : cause.getClass().getSimpleName() + " " + cause.getMessage();
        return new LocalClusterException(
                "Could not %s %s (%s): check that the directory exists and is writable."
                        .formatted(action, path, reason),
                cause);
    }

    /** Whether so little is left that a program which failed without a word most likely failed for that. */
    static boolean isDiskFull(Path path) {
        try {
            return Files.getFileStore(path).getUsableSpace() < NEARLY_NOTHING_BYTES;
        } catch (IOException unknown) {
            return false;
        }
    }

    static String diskFull(Path path) {
        return ("The disk that holds %s is full: free about 1 GB there, or point XDG_CACHE_HOME (server files) and"
                        + " TMPDIR (data directories) to another disk.")
                .formatted(path);
    }
}
