package dev.sluice.server.session;

import dev.sluice.router.sql.LastStatementQuestion;
import dev.sluice.router.sql.LastStatementQuestion.Form;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The warnings and errors that a session's last statement has left, as the rows of SHOW WARNINGS. Confined to the session's
 * event loop.
 */
final class Conditions {
    private static final byte[] ERROR_LEVEL = "\5Error".getBytes(StandardCharsets.US_ASCII);

    /** How many the server has said there are, who may not keep them all. */
    private int told;
    /** Null if there are some that only the last connection knows. */
    private @Nullable List<byte[]> known = List.of();
    /** These come in front of what the last connection knows. */
    private List<byte[]> first = List.of();
    /** What was refused without a server comes behind those. */
    private List<byte[]> added = List.of();
    /** Whether a server would show the same on the connection that {@link Leases} knows as the last. */
    private boolean there = true;

    /** There are none. */
    void none() {
        set(0, List.of(), true);
    }

    /** There are these, and no server knows of them. */
    void are(List<byte[]> rows) {
        set(0, rows, false);
    }

    /** There are so many, or an error, on the last connection. */
    void left(int warnings) {
        set(warnings, null, true);
    }

    /** There is one more, on the last connection, where those before it, which are known, are not. */
    void followed() {
        List<byte[]> rows = rows();
        set(0, null, rows.isEmpty());
        first = rows;
    }

    /** There were so many, or an error, until Sluice asked something else there; {@code rows} is null if they are lost. */
    void cleared(int warnings, @Nullable List<byte[]> rows) {
        set(warnings, null, false);
        learned(rows);
    }

    private void set(int warnings, @Nullable List<byte[]> rows, boolean onServer) {
        told = warnings;
        known = rows;
        first = List.of();
        added = List.of();
        there = onServer;
    }

    /** One more, of which no server knows. */
    void add(byte[] row) {
        List<byte[]> rows = known;
        if (rows == null) {
            added = both(added, List.of(row));
        } else {
            known = both(rows, List.of(row));
        }
        there = false;
    }

    private static List<byte[]> both(List<byte[]> first, List<byte[]> second) {
        List<byte[]> all = new ArrayList<>(first);
        all.addAll(second);
        return all;
    }

    /** What the last connection has said; null if it did not. */
    void learned(@Nullable List<byte[]> rows) {
        if (known == null && rows != null && isAll(rows.size())) {
            known = both(both(first, rows), added);
            first = List.of();
            added = List.of();
        }
    }

    /** The server may keep fewer than it has counted (max_error_count); more than are fetched are too many. */
    private boolean isAll(int rows) {
        return rows >= told || (rows > 0 && rows <= LastStatementFetch.CONDITIONS_MAX);
    }

    /** Whether there are any, known or not. */
    boolean exist() {
        List<byte[]> rows = known;
        return rows == null || !rows.isEmpty();
    }

    boolean areKnown() {
        return known != null;
    }

    /** Whether the last connection shows the same. */
    boolean areThere() {
        return there;
    }

    private List<byte[]> rows() {
        List<byte[]> rows = known;
        return rows == null ? List.of() : rows;
    }

    /** The rows that a question gets. */
    List<byte[]> shown(LastStatementQuestion question) {
        return rows().stream()
                .filter(row -> question.form() == Form.WARNINGS || isError(row))
                .skip(question.offset())
                .limit(question.limit())
                .toList();
    }

    long count() {
        return Math.max(told, rows().size());
    }

    long errors() {
        return rows().stream().filter(Conditions::isError).count();
    }

    private static boolean isError(byte[] row) {
        return Arrays.mismatch(row, ERROR_LEVEL) >= ERROR_LEVEL.length;
    }
}
