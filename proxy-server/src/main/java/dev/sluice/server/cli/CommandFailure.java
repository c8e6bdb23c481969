package dev.sluice.server.cli;

import org.jspecify.annotations.Nullable;

/** An expected failure of a command: the line to print, with its remedy, and the exit code. Immutable. */
public final class CommandFailure extends Exception {
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    /** A failure with one of the codes of {@link ExitCode}. */
    public CommandFailure(int exitCode, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    /** A failure with {@link ExitCode#FAILURE}. */
    public CommandFailure(String message) {
        this(ExitCode.FAILURE, message, null);
    }

    /** The code to exit with. */
    public int exitCode() {
        return exitCode;
    }
}
