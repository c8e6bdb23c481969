package dev.sluice.server.demo;

import dev.sluice.server.admin.ResultTable;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the steps of the tour print about an answer, and what they insist on.
 *
 * <p>A step believes the server before the proxy: where a statement can carry {@code @@server_id} it does, and the
 * answer must agree with what {@code SHOW SLUICE ROUTE} says.
 *
 * <p>Thread-safe: confined to the thread of the tour.
 */
final class TourReport {
    private final TourServers servers;
    private final DemoOutput output;

    /** Takes the servers, whose ids are known without asking Sluice. */
    TourReport(TourServers servers, DemoOutput output) {
        this.servers = servers;
        this.output = output;
    }

    void line(String text) {
        output.line("   " + text);
    }

    /** Prints a statement of a client with its answer. */
    Answer show(Answer answer) {
        String row = answer.row().isEmpty() ? "" : "  " + answer.row();
        line("%-62s -> %s%s".formatted(answer.sql(), describe(answer), row));
        return answer;
    }

    /** Prints a statement of the operator with what came of it. */
    void showOperator(String statement, String outcome) {
        line("%-62s -> %s".formatted("operator: " + statement, outcome));
    }

    /** Prints how often each server answered a statement that was sent many times. */
    void showCounts(String what, Iterable<Answer> answers) {
        Map<String, Integer> counts = new TreeMap<>();
        int sum = 0;
        for (Answer answer : answers) {
            counts.merge(describe(answer), 1, Integer::sum);
            sum++;
        }
        line("sent %d times: %s".formatted(sum, what));
        counts.forEach((server, count) -> line("   %2d x %s".formatted(count, server)));
    }

    private String describe(Answer answer) {
        Route route = answer.route();
        String pins = route.pins().isEmpty() ? "" : ", pins: " + route.pins();
        return "server_id %s (%s), reason: %s%s".formatted(serverId(answer), route.role(), route.reason(), pins);
    }

    /** The id of the server that Sluice names. */
    String serverId(Answer answer) {
        String backend = answer.route().backend();
        return servers.ids().getOrDefault(backend, "of no server here: " + backend);
    }

    /** The server itself must say that it is the one Sluice names. */
    void requireSameServer(Answer answer) throws StepFailure {
        if (answer.sql().startsWith("SELECT @@server_id")) {
            requireEqual(answer.column(0), serverId(answer), "@@server_id of " + answer.sql());
        }
    }

    void requireRead(Answer answer) throws StepFailure {
        requireSameServer(answer);
        requireReason(answer, "read");
        requireReplica(answer);
    }

    void requireReason(Answer answer, String reason) throws StepFailure {
        requireEqual(answer.route().reason(), reason, "the reason of " + answer.sql());
    }

    void requireReplica(Answer answer) throws StepFailure {
        require(answer.route().isReplica(), answer.sql() + " was not sent to a replica");
    }

    void requirePrimary(Answer answer, String otherwise) throws StepFailure {
        require(answer.route().isPrimary(), answer.sql() + " " + otherwise);
    }

    void require(boolean condition, String otherwise) throws StepFailure {
        if (!condition) {
            throw new StepFailure(otherwise);
        }
    }

    void requireEqual(String actual, String expected, String what) throws StepFailure {
        require(actual.equals(expected), "%s is %s, expected %s".formatted(what, actual, expected));
    }

    /** A value of the row that has the given address in its first column, null written as a dash. */
    String cell(ResultTable table, String address, String column) throws StepFailure {
        int index = table.columns().indexOf(column);
        for (List<@Nullable String> row : table.rows()) {
            if (index >= 0 && address.equals(row.get(0))) {
                String value = row.get(index);
                return value == null ? "-" : value;
            }
        }
        throw new StepFailure("the answer has no " + column + " of " + address);
    }
}
