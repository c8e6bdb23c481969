package dev.sluice.server.cli;

import java.util.List;

/** Says where a statement would go and why, without a server. Thread-safe: implementations keep no state. */
@FunctionalInterface
public interface StatementExplainer {
    /**
     * Explains a statement.
     *
     * @return lines for a person
     * @throws IllegalArgumentException if the mode or the character set is unknown; the message names it
     */
    String explain(Request request);

    /**
     * A statement with what its reading depends on. Immutable.
     *
     * @param sql the statement
     * @param sqlModes names of the modes that are on, for example {@code ANSI_QUOTES}
     * @param charset MySQL's name of the client's character set, for example {@code utf8mb4}
     */
    record Request(String sql, List<String> sqlModes, String charset) {
        /** Copies the list. */
        public Request {
            sqlModes = List.copyOf(sqlModes);
        }
    }
}
