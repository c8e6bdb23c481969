package dev.sluice.server.cli;

/** The exit codes of {@code sluice}; the two large ones are those of {@code sysexits.h}. Immutable. */
public final class ExitCode {
    /** Everything went well. */
    public static final int OK = 0;

    /** Something failed while running, or a check found something wrong. */
    public static final int FAILURE = 1;

    /** The command line is wrong. */
    public static final int USAGE = 2;

    /** An address to listen on cannot be had. */
    public static final int CANNOT_BIND = 69;

    /** The configuration file, or a file it names, is wrong. */
    public static final int BAD_CONFIG = 78;

    private ExitCode() {}
}
