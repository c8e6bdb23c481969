package dev.sluice.server.localcluster;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The reading of a failed server's log: one sentence with the remedy.
 *
 * <p>Thread-safe: it has no state.
 */
final class StartFailure {
    private static final Pattern MISSING_LIBRARY = Pattern.compile("loading shared libraries: (\\S+):");
    private static final Pattern DISK_FULL =
            Pattern.compile("No space left on device|OS error(?: number)? 28|Errcode: 28|errno: 28");
    private static final Pattern PORT_IN_USE =
            Pattern.compile("Address already in use|Do you already have another .* running on port");
    private static final Pattern ERROR_LINE = Pattern.compile("(?m)^.*(?:\\[ERROR\\]|\\bERROR\\b).*$");

    private StartFailure() {}

    static boolean isPortInUse(String log) {
        return PORT_IN_USE.matcher(log).find();
    }

    /** The exception for an activity that ended with this log. */
    static LocalClusterException of(String activity, String log, Path directory) {
        Matcher library = MISSING_LIBRARY.matcher(log);
        if (library.find()) {
            return new ServerUnavailableException("%s failed because the library %s is missing: %s."
                    .formatted(activity, library.group(1), SharedLibraries.installHint()));
        }
        if (DISK_FULL.matcher(log).find() || LocalClusterException.isDiskFull(directory)) {
            return new LocalClusterException(activity + " failed. " + LocalClusterException.diskFull(directory));
        }
        if (isPortInUse(log)) {
            return new LocalClusterException(
                    activity + " failed because its port is in use: end the program that listens there and try again.");
        }
        List<String> errors = ERROR_LINE
                .matcher(log)
                .results()
                .map(result -> result.group().strip())
                .toList();
        String last = errors.isEmpty() ? lastLine(log) : errors.get(0);
        return new LocalClusterException(activity + " failed: " + (last.isEmpty() ? "the log is empty." : last));
    }

    private static String lastLine(String log) {
        String stripped = log.strip();
        return stripped.substring(stripped.lastIndexOf('\n') + 1);
    }
}
