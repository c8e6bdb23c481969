package dev.sluice.server.cli;

import dev.sluice.server.logging.Logging;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command {@code sluice}. Confined to the main thread. */
@Command(
        name = "sluice",
        description = "One MySQL endpoint that sends reads to replicas and everything else to the primary.",
        synopsisSubcommandLabel = "COMMAND",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:everything went well",
            "1:something failed, or a check found something wrong",
            "2:the command line is wrong",
            "69:an address to listen on cannot be had",
            "78:the configuration file, or a file it names, is wrong"
        })
public final class Main implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli before any command runs.
    private CommandSpec spec;

    @Option(names = "--version", description = "Print the version, the commit, the JDK and the transport.")
    private boolean version;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            description = "With --version: text or json. Default: text.",
            defaultValue = "text")
    private OutputFormat output = OutputFormat.TEXT;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Print this help.")
    @SuppressWarnings("UnusedVariable") // Read by picocli.
    private boolean help;

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Print the stack trace of a failure.")
    private boolean debug;

    private Main() {}

    /** Runs a command and exits with its code. */
    public static void main(String[] args) {
        int exitCode = commandLine(Wiring.production()).execute(args);
        Logging.stop();
        System.exit(exitCode);
    }

    /** The command line with its commands; {@code execute} gives the exit code. */
    static CommandLine commandLine(Wiring wiring) {
        Main main = new Main();
        CommandLine sluice = new CommandLine(main)
                .addSubcommand(new ServeCommand(wiring.starter()))
                .addSubcommand(new CheckCommand(wiring.inspector()))
                .addSubcommand(new ExplainCommand(wiring.explainer()))
                .addSubcommand(new AdminCommand(System.in))
                .addSubcommand(new DemoCommand(wiring.demoStarter()))
                .addSubcommand(new DrillCommand());
        wiring.extensions().forEach(extension -> sluice.addSubcommand(extension.command()));
        return sluice.setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(Main::onWrongUsage)
                .setExecutionExceptionHandler((e, command, parsed) -> Failures.report(e, command, main.debug));
    }

    @Override
    public Integer call() {
        if (!version) {
            throw new ParameterException(spec.commandLine(), "Missing a command");
        }
        BuildInfo build = BuildInfo.current();
        spec.commandLine().getOut().println(output == OutputFormat.JSON ? build.json() : build.text());
        return ExitCode.OK;
    }

    /** Two lines instead of the whole help, which would push the mistake off the screen. */
    private static int onWrongUsage(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("sluice: " + e.getMessage());
        if (!CommandLine.UnmatchedArgumentException.printSuggestions(e, err)) {
            err.println("See " + command.getCommandSpec().qualifiedName() + " --help");
        }
        return ExitCode.USAGE;
    }
}
