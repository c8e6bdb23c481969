package dev.sluice.server.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command {@code explain}: where a statement would go and why. Confined to the main thread. */
@Command(name = "explain", description = "Print where a statement would go and why. Needs no server.")
final class ExplainCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli before the command runs.
    private CommandSpec spec;

    @Option(
            names = "--sql-mode",
            split = ",",
            paramLabel = "MODE",
            description = "Modes that change how SQL is read, for example ANSI_QUOTES,NO_BACKSLASH_ESCAPES.")
    private List<String> sqlModes = new ArrayList<>();

    @Option(
            names = "--charset",
            paramLabel = "NAME",
            defaultValue = "utf8mb4",
            description = "MySQL's name of the client's character set. Default: ${DEFAULT-VALUE}.")
    private String charset = "utf8mb4";

    @Parameters(paramLabel = "SQL", description = "The statement, quoted for the shell.")
    private String sql = "";

    private final StatementExplainer explainer;

    ExplainCommand(StatementExplainer explainer) {
        this.explainer = explainer;
    }

    @Override
    public Integer call() {
        try {
            String explanation = explainer.explain(new StatementExplainer.Request(sql, sqlModes, charset));
            spec.commandLine().getOut().println(explanation.stripTrailing());
            return ExitCode.OK;
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }
}
