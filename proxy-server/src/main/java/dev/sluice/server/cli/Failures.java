package dev.sluice.server.cli;

import dev.sluice.server.config.ConfigException;
import dev.sluice.server.config.ConfigProblem;
import dev.sluice.server.tls.TlsException;
import java.io.PrintWriter;
import java.net.BindException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** Turns what a command throws into lines for a person and an exit code. Immutable. */
final class Failures {
    private static final int CAUSES_MAX = 16;

    private Failures() {}

    static int report(Exception failure, CommandLine command, boolean debug) {
        PrintWriter err = command.getErr();
        int exitCode = print(failure, err, debug);
        if (debug) {
            failure.printStackTrace(err);
        }
        return exitCode;
    }

    private static int print(Exception failure, PrintWriter err, boolean debug) {
        if (failure instanceof ConfigException e) {
            for (ConfigProblem problem : e.problems()) {
                err.println(problem);
            }
            int count = e.problems().size();
            err.println("sluice: " + (count == 1 ? "1 problem" : count + " problems") + " in the configuration");
            return ExitCode.BAD_CONFIG;
        }
        if (failure instanceof TlsException) {
            err.println("sluice: " + failure.getMessage());
            return ExitCode.BAD_CONFIG;
        }
        if (failure instanceof CommandFailure e) {
            err.println("sluice: " + e.getMessage());
            return e.exitCode();
        }
        @Nullable BindException bind = bindFailure(failure);
        if (bind != null) {
            err.println("sluice: cannot listen: " + bind.getMessage()
                    + "; stop what uses the address or configure another one");
            return ExitCode.CANNOT_BIND;
        }
        String hint = debug ? "" : " (--debug prints the stack trace)";
        err.println("sluice: " + failure.getClass().getSimpleName() + ": " + failure.getMessage() + hint);
        return ExitCode.FAILURE;
    }

    private static @Nullable BindException bindFailure(Throwable failure) {
        @Nullable Throwable cause = failure;
        for (int i = 0; i < CAUSES_MAX && cause != null; i++) {
            if (cause instanceof BindException bind) {
                return bind;
            }
            cause = cause.getCause();
        }
        return null;
    }
}
