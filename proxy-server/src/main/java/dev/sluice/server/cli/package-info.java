/**
 * The command line {@code sluice}: one class a command, exit codes in {@link dev.sluice.server.cli.ExitCode}, and the
 * seams through which the rest of the server is plugged in, {@link dev.sluice.server.cli.Wiring}.
 */
@NullMarked
package dev.sluice.server.cli;

import org.jspecify.annotations.NullMarked;
