package dev.sluice.server.config;

/**
 * One thing that is wrong in a configuration file. Immutable.
 *
 * @param file the file, as it was named
 * @param line counted from 1; 0 if the problem is the file itself
 * @param column counted from 1; 0 if the problem is the file itself
 * @param path the key, for example {@code backends[1].weight}; empty if the problem is not about one key
 * @param message what is wrong, a semicolon, what to do
 */
public record ConfigProblem(String file, int line, int column, String path, String message) {
    /** {@code file:line:column: path: message}. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(file);
        if (line > 0) {
            text.append(':').append(line).append(':').append(column);
        }
        text.append(": ");
        if (!path.isEmpty()) {
            text.append(path).append(": ");
        }
        return text.append(message).toString();
    }
}
