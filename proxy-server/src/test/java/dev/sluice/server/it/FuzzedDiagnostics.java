package dev.sluice.server.it;

import java.util.SplittableRandom;

/**
 * A statement that leaves something for the one behind it, which is another thing for each session. Immutable.
 *
 * @param statement what leaves it
 * @param question what asks for it
 * @param answer the rows that the question must give
 */
record FuzzedDiagnostics(String statement, String question, String answer) {
    private static final int ROWS = 3;

    /** One of each kind at random. */
    static FuzzedDiagnostics any(SplittableRandom random, int number) {
        int rows = random.nextInt(1, ROWS + 1);
        return switch (random.nextInt(6)) {
            case 0 ->
                new FuzzedDiagnostics(
                        "SELECT CAST('x" + number + "' AS SIGNED)",
                        "SHOW WARNINGS",
                        "[[Warning, 1292, Truncated incorrect INTEGER value: 'x" + number + "']]");
            case 1 ->
                new FuzzedDiagnostics(
                        "SELECT none" + number + " FROM state.t",
                        "SHOW ERRORS",
                        "[[Error, 1054, Unknown column 'none" + number + "' in 'field list']]");
            case 2 ->
                new FuzzedDiagnostics(
                        "INSERT INTO state.a (who) VALUES (" + number + ")" + (", (" + number + ")").repeat(rows - 1),
                        "SELECT ROW_COUNT()",
                        "[[" + rows + "]]");
            case 3 ->
                new FuzzedDiagnostics(
                        "SELECT SQL_CALC_FOUND_ROWS id FROM state.t WHERE id <= " + rows + " LIMIT 1",
                        "SELECT FOUND_ROWS()",
                        "[[" + rows + "]]");
            case 4 ->
                new FuzzedDiagnostics(
                        "SELECT id FROM state.t WHERE id <= " + rows, "SELECT FOUND_ROWS()", "[[" + rows + "]]");
            default ->
                new FuzzedDiagnostics(
                        "SELECT " + "CAST('y' AS SIGNED), ".repeat(rows) + number,
                        "SELECT @@warning_count, ROW_COUNT()",
                        "[[" + rows + ", -1]]");
        };
    }

    boolean isError() {
        return question.equals("SHOW ERRORS");
    }

    boolean isInsert() {
        return statement.startsWith("INSERT");
    }
}
