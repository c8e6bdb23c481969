package dev.sluice.server.demo;

import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.demo.TourServers.Server;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The steps of the tour in which servers come, go and die while clients work: one is added, one is drained, the primary is
 * killed.
 *
 * <p>Thread-safe: confined to the thread of the tour.
 */
final class ServerSteps {
    private static final String READ = StatementSteps.READ;
    private static final String PROBE_WRITE = "INSERT INTO tour (n, server) VALUES (0, @@server_id)";
    private static final String TIME_ZONE = "+05:00";
    private static final int READS_AFTER_DRAIN = 40;
    private static final int DRAIN_SECONDS = 10;

    private final TourStage stage;
    private final TourReport report;
    private final Set<String> drained = new HashSet<>();

    ServerSteps(TourStage stage, TourReport report) {
        this.stage = stage;
        this.report = report;
    }

    void addReplica(TourSession session) throws SQLException, StepFailure {
        Server added = stage.servers().addReplica();
        report.line("server_id %s runs at %s and replicates; Sluice has never heard of it"
                .formatted(added.id(), added.address()));
        operate("ADD BACKEND '" + added.address() + "'");
        long begun = System.nanoTime();
        int others = 0;
        Answer answer = read(session);
        while (!report.serverId(answer).equals(added.id())) {
            report.require(
                    System.nanoTime() - begun < stage.patience().toNanos(),
                    "no read reached server_id %s in %d reads".formatted(added.id(), others + 1));
            others++;
            answer = read(session);
        }
        report.show(answer);
        report.line("   %.0f ms after it was added; %d reads went to the others before"
                .formatted((System.nanoTime() - begun) / 1e6, others));
        showBackend(added.address(), "active", "yes");
    }

    void drainReplica(TourSession session) throws SQLException, StepFailure {
        // Asked rather than chosen: what is drained must be a server that reads did reach.
        Answer before = report.show(read(session));
        String address = before.route().backend();
        try (Prober reader = Prober.start(stage.clients(), READ, stage.patience())) {
            ResultTable table = operate("DRAIN BACKEND '" + address + "' TIMEOUT " + DRAIN_SECONDS);
            report.requireEqual(report.cell(table, address, "state"), "drained", "the state of " + address);
            drained.add(address);
            showBackend(address, "drained", "no");
            List<Answer> answers = new ArrayList<>();
            for (int i = 0; i < READS_AFTER_DRAIN; i++) {
                answers.add(read(session));
            }
            report.showCounts(READ, answers);
            for (Answer answer : answers) {
                report.require(
                        !answer.route().backend().equals(address),
                        "a read reached server_id %s, which is drained".formatted(report.serverId(answer)));
            }
            reader.awaitSuccessAfter(System.nanoTime(), stage.patience());
            report.line("another client meanwhile: %s".formatted(summary(reader, "reads")));
            requireNoErrors(reader, "reads");
        }
    }

    void killPrimary(TourSession session) throws SQLException, StepFailure {
        report.show(session.run("SET time_zone = '" + TIME_ZONE + "'"));
        report.requirePrimary(report.show(session.run(StatementSteps.UPDATE)), "was not sent to the primary");
        long idleSince = System.nanoTime();
        report.line("this connection is idle from now on; another client writes, a third one reads, all the time");
        try (Prober writer = Prober.start(stage.clients(), PROBE_WRITE, stage.patience());
                Prober reader = Prober.start(stage.clients(), READ, stage.patience())) {
            Server old = stage.servers().primary();
            long killed = System.nanoTime();
            long pid = stage.servers().killPrimary();
            report.line("kill -9 %d: server_id %s, the primary, is dead".formatted(pid, old.id()));
            AtomicLong writable = new AtomicLong();
            Server promoted = stage.servers().promote(drained, () -> writable.set(System.nanoTime()));
            report.line("promoted from outside: server_id %s accepts writes %.0f ms after the kill"
                    .formatted(promoted.id(), (writable.get() - killed) / 1e6));
            report.line("the connection goes on after %.0f ms of idleness:"
                    .formatted((System.nanoTime() - idleSince) / 1e6));
            goOn(session, promoted);
            writer.awaitSuccessAfter(writable.get(), stage.patience());
            reader.awaitSuccessAfter(writable.get(), stage.patience());
            report.line("outage of writes: %s".formatted(summary(writer, "writes")));
            report.line("outage of reads:  %s".formatted(summary(reader, "reads")));
            report.require(
                    writer.errors().size() <= 1,
                    "more than the one write that was on its way failed: " + writer.errors());
            requireNoErrors(reader, "reads");
        }
    }

    /** What the connection that was idle must still be able to do: write, read what it wrote, and know its setting. */
    private void goOn(TourSession session, Server promoted) throws SQLException, StepFailure {
        Answer update = report.show(session.run(StatementSteps.UPDATE));
        report.requirePrimary(update, "was not sent to the primary");
        report.requireEqual(report.serverId(update), promoted.id(), "the server_id of the write");
        Answer written = report.show(session.run(StatementSteps.WRITTEN_BY));
        report.requireSameServer(written);
        report.requireEqual(written.column(1), promoted.id(), "the server that wrote the row");
        Answer setting = report.show(session.run("SELECT @@session.time_zone"));
        report.requireEqual(setting.column(0), TIME_ZONE, "the time zone of the connection");
    }

    private Answer read(TourSession session) throws SQLException, StepFailure {
        Answer answer = session.run(READ);
        report.requireRead(answer);
        return answer;
    }

    private ResultTable operate(String statement) throws SQLException {
        ResultTable table = stage.operator().run(statement);
        StringBuilder outcome = new StringBuilder();
        for (int i = 0; i < table.columns().size() && !table.rows().isEmpty(); i++) {
            String value = table.rows().get(0).get(i);
            if (value != null) {
                String column = table.columns().get(i);
                outcome.append(i == 0 ? "" : ", ")
                        .append(column.equals("result") ? "" : column + ": ")
                        .append(value);
            }
        }
        report.showOperator(statement, outcome.toString());
        return table;
    }

    private void showBackend(String address, String operatorState, String reads) throws SQLException, StepFailure {
        ResultTable table = stage.operator().run("SHOW BACKENDS");
        Map<String, String> wanted = Map.of("operator_state", operatorState, "reads", reads);
        StringBuilder outcome = new StringBuilder(address);
        for (String column : List.of("role", "health", "operator_state", "reads", "connections_open")) {
            outcome.append(", ").append(column).append(": ").append(report.cell(table, address, column));
        }
        report.showOperator("SHOW BACKENDS", outcome.toString());
        for (Map.Entry<String, String> entry : wanted.entrySet()) {
            report.requireEqual(
                    report.cell(table, address, entry.getKey()), entry.getValue(), entry.getKey() + " of " + address);
        }
    }

    private static String summary(Prober prober, String what) {
        List<String> errors = prober.errors();
        return "%.0f ms from the last success to the next; %d %s, %s"
                .formatted(
                        prober.longestGapMillis(),
                        prober.successes(),
                        what,
                        errors.isEmpty()
                                ? "no error"
                                : errors.size() + (errors.size() == 1 ? " error" : " errors") + ", the first: "
                                        + errors.get(0));
    }

    private void requireNoErrors(Prober prober, String what) throws StepFailure {
        List<String> errors = prober.errors();
        report.require(
                errors.isEmpty(),
                errors.size() + " " + what + " failed" + (errors.isEmpty() ? "" : ": " + errors.get(0)));
    }
}
