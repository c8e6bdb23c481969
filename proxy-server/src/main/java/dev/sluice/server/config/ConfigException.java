package dev.sluice.server.config;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** Everything that is wrong with a configuration file, in the order of the file. Immutable. */
public final class ConfigException extends Exception {
    private static final long serialVersionUID = 1L;
    private static final Comparator<ConfigProblem> FILE_ORDER =
            Comparator.comparingInt(ConfigProblem::line).thenComparingInt(ConfigProblem::column);

    private final transient List<ConfigProblem> problems;

    ConfigException(List<ConfigProblem> problems) {
        super(problems.stream().sorted(FILE_ORDER).map(ConfigProblem::toString).collect(Collectors.joining("\n")));
        this.problems = problems.stream().sorted(FILE_ORDER).toList();
    }

    /** The problems, at least one. */
    public List<ConfigProblem> problems() {
        return problems;
    }
}
