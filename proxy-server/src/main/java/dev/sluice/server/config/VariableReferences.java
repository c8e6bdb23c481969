package dev.sluice.server.config;

import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Replaces <code>${NAME}</code> by environment variables. It works on scalars after the file has been parsed, so that
 * the content of a variable can never become YAML structure. A literal <code>${</code> is written <code>$${</code>.
 */
final class VariableReferences {
    private static final Pattern REFERENCE = Pattern.compile("\\$?\\$\\{([^}]*)(}?)");
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

    private final Function<String, @Nullable String> environment;

    VariableReferences(Function<String, @Nullable String> environment) {
        this.environment = environment;
    }

    String resolve(String text) throws InvalidValueException {
        if (text.indexOf("${") < 0) {
            return text;
        }
        Matcher matcher = REFERENCE.matcher(text);
        StringBuilder resolved = new StringBuilder();
        while (matcher.find()) {
            String replacement = matcher.group().startsWith("$$")
                    ? matcher.group().substring(1)
                    : value(matcher.group(1), !matcher.group(2).isEmpty());
            matcher.appendReplacement(resolved, Matcher.quoteReplacement(replacement));
        }
        return matcher.appendTail(resolved).toString();
    }

    private String value(String name, boolean closed) throws InvalidValueException {
        if (!closed || !NAME.matcher(name).matches()) {
            throw new InvalidValueException(
                    "a reference to an environment variable is malformed", "write ${NAME}, or $${ for a literal ${");
        }
        @Nullable String value = environment.apply(name);
        if (value == null) {
            throw new InvalidValueException(
                    "the environment variable " + name + " is not set", "set it or write the value here");
        }
        return value;
    }
}
