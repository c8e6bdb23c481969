package dev.sluice.server.localcluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A server executable that was seen to run, with what it needs around it.
 *
 * <p>Immutable.
 *
 * @param environment variables to set for it, such as LD_LIBRARY_PATH
 * @param origin where it comes from, for the user
 */
record ServerBinary(
        ServerVersion version, Path executable, Path basedir, Map<String, String> environment, String origin) {
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final Pattern MISSING_LIBRARY = Pattern.compile("loading shared libraries: (\\S+):");

    /** The dynamic linker did not find a library; the caller may know where to get it. */
    static final class MissingLibraryException extends Exception {
        private static final long serialVersionUID = 1L;

        final String library;

        MissingLibraryException(String library) {
            super(library);
            this.library = library;
        }
    }

    /**
     * Runs {@code --version} and believes only what it sees.
     *
     * @throws ServerUnavailableException when the executable does not run or is no server
     */
    static ServerBinary probe(Path executable, Path basedir, Map<String, String> environment, String origin) {
        try {
            return tryProbe(executable, basedir, environment, origin);
        } catch (MissingLibraryException e) {
            throw new ServerUnavailableException("%s does not start because the library %s is missing: %s."
                    .formatted(executable, e.library, SharedLibraries.installHint()));
        }
    }

    static ServerBinary tryProbe(Path executable, Path basedir, Map<String, String> environment, String origin)
            throws MissingLibraryException {
        ExternalCommand.Outcome outcome = run(executable, environment);
        Matcher missing = MISSING_LIBRARY.matcher(outcome.output());
        if (missing.find()) {
            throw new MissingLibraryException(missing.group(1));
        }
        ServerVersion version = ServerVersion.parse(outcome.output())
                .orElseThrow(() -> new ServerUnavailableException("%s is no usable server (\"%s\"): name another one."
                        .formatted(executable, outcome.lastLine())));
        if (version.vendor() == ServerVersion.Vendor.MYSQL && !version.isAtLeast(8, 0, 23)) {
            throw new ServerUnavailableException(version + " is too old: MySQL 8.0.23 or newer is needed.");
        }
        if (version.vendor() == ServerVersion.Vendor.MARIADB && !version.isAtLeast(10, 5, 2)) {
            throw new ServerUnavailableException(version + " is too old: MariaDB 10.5.2 or newer is needed.");
        }
        return new ServerBinary(version, executable, basedir, environment, origin);
    }

    private static ExternalCommand.Outcome run(Path executable, Map<String, String> environment) {
        try {
            Path work = Files.createTempDirectory(Platform.temporaryDirectory(), "sluice-probe-");
            try {
                List<String> command = List.of(executable.toString(), "--no-defaults", "--version");
                return new ExternalCommand(command, environment, work).run(DEADLINE);
            } finally {
                Directories.delete(work);
            }
        } catch (IOException e) {
            throw LocalClusterException.io("write", Platform.temporaryDirectory(), e);
        }
    }
}
