package dev.sluice.benchmarks.macro;

import dev.sluice.server.cli.ExitCode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.openjdk.jmh.Main;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** The command {@code bench jmh}: hands all of its arguments to JMH. Confined to the main thread. */
@Command(
        name = "jmh",
        description = "Run the JMH benchmarks; every argument is one of JMH's own, for example: Lexer -prof gc",
        footer = {"", "The arguments of JMH itself are listed by: sluice bench jmh -- -h"})
final class JmhCommand implements Callable<Integer> {
    @Unmatched
    private List<String> arguments = new ArrayList<>();

    @Override
    public Integer call() throws IOException {
        arguments.remove("--");
        // JMH ends the process itself with 1 when a benchmark fails.
        Main.main(arguments.toArray(String[]::new));
        return ExitCode.OK;
    }
}
