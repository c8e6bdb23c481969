package dev.sluice.server.demo;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The steps of the tour that are about where statements go while nothing happens to the servers.
 *
 * <p>Thread-safe: confined to the thread of the tour.
 */
final class StatementSteps {
    static final String READ = "SELECT @@server_id, n FROM tour WHERE id = 1";
    static final String UPDATE = "UPDATE tour SET n = n + 1, server = @@server_id WHERE id = 1";
    static final String WRITTEN_BY = "SELECT @@server_id, server FROM tour WHERE id = 1";
    private static final String PREPARED_READ = "SELECT @@server_id, n FROM tour WHERE id = ?";
    private static final int FAN_OUT_READS = 16;
    private static final int OWN_WRITES = 20;
    private static final int ATTEMPTS_MAX = 5;

    private final TourServers servers;
    private final TourReport report;

    StatementSteps(TourServers servers, TourReport report) {
        this.servers = servers;
        this.report = report;
    }

    @FunctionalInterface
    private interface Attempt {
        Answer run() throws SQLException;
    }

    /** The parser has a deadline: on a busy machine a form that is new may go to the primary until it has been read. */
    private static Answer onceParsed(Attempt attempt) throws SQLException {
        Answer answer = attempt.run();
        for (int i = 1; i < ATTEMPTS_MAX && answer.route().reason().equals("parser_busy"); i++) {
            answer = attempt.run();
        }
        return answer;
    }

    void fanOut(TourSession session) throws SQLException, StepFailure {
        List<Answer> answers = new ArrayList<>();
        Answer unused = onceParsed(() -> session.run(READ));
        for (int i = 0; i < FAN_OUT_READS; i++) {
            Answer answer = session.run(READ);
            report.requireRead(answer);
            answers.add(answer);
        }
        report.showCounts(READ, answers);
        Set<String> seen = answers.stream().map(report::serverId).collect(Collectors.toSet());
        int replicas = servers.ids().size() - 1;
        report.require(seen.size() == replicas, "%d of %d replicas answered".formatted(seen.size(), replicas));
    }

    void write(TourSession session) throws SQLException, StepFailure {
        Answer update = report.show(session.run(UPDATE));
        report.requirePrimary(update, "was not sent to the primary");
        report.requireReason(update, "write");
        Answer readBack = report.show(session.run(WRITTEN_BY));
        report.requireEqual(readBack.column(1), report.serverId(update), "the server that wrote the row");
    }

    void readWriteTransaction(TourSession session) throws SQLException, StepFailure {
        report.show(session.run("BEGIN"));
        for (String sql : List.of(READ, UPDATE, WRITTEN_BY)) {
            Answer answer = report.show(session.run(sql));
            report.requirePrimary(answer, "left the primary");
            report.requireReason(answer, "in_transaction");
            report.requireSameServer(answer);
        }
        report.show(session.run("COMMIT"));
    }

    void readOnlyTransaction(TourSession session) throws SQLException, StepFailure {
        Answer begin = report.show(session.run("START TRANSACTION READ ONLY"));
        report.requireReplica(begin);
        for (int i = 0; i < 3; i++) {
            Answer answer = report.show(session.run(READ));
            report.requireEqual(answer.route().backend(), begin.route().backend(), "the server of the transaction");
            report.requireReason(answer, "read_only_transaction");
            report.requireSameServer(answer);
        }
        report.show(session.run("COMMIT"));
    }

    void lockingRead(TourSession session) throws SQLException, StepFailure {
        Answer answer = report.show(session.run(READ + " FOR UPDATE"));
        report.requirePrimary(answer, "was not sent to the primary");
        report.requireReason(answer, "locking_read");
        report.requireSameServer(answer);
    }

    void prepared(TourSession session) throws SQLException, StepFailure {
        Answer outside = report.show(onceParsed(() -> session.runPrepared(PREPARED_READ, 1)));
        report.requireRead(outside);
        report.show(session.run("BEGIN"));
        Answer inside = report.show(session.runPrepared(PREPARED_READ, 1));
        report.requirePrimary(inside, "left the primary");
        report.requireReason(inside, "in_transaction");
        report.requireSameServer(inside);
        report.show(session.run("COMMIT"));
    }

    void userVariable(TourSession session) throws SQLException, StepFailure {
        report.show(session.run("SET @v = 42"));
        // The read in between may go elsewhere; the variable must not be lost by it.
        report.show(session.run(READ));
        Answer answer = report.show(session.run("SELECT @v"));
        report.requireEqual(answer.column(0), "42", "@v");
    }

    void lastInsertId(TourSession session) throws SQLException, StepFailure {
        report.show(session.run("INSERT INTO tour (n, server) VALUES (7, @@server_id)"));
        Answer id = report.show(session.run("SELECT LAST_INSERT_ID()"));
        Answer row = report.show(session.run("SELECT MAX(id) FROM tour WHERE n = 7"));
        report.requireEqual(id.column(0), row.column(0), "LAST_INSERT_ID()");
    }

    void readYourWrites(TourSession session) throws SQLException, StepFailure {
        List<Answer> answers = new ArrayList<>();
        for (int i = 1; i <= OWN_WRITES; i++) {
            String value = Integer.toString(1000 + i);
            session.run("UPDATE tour SET n = " + value + " WHERE id = 1");
            Answer read = session.run(READ);
            report.requireSameServer(read);
            report.requireEqual(read.column(1), value, "n right after it was written");
            answers.add(read);
        }
        report.showCounts("UPDATE tour SET n = ... WHERE id = 1, then, with the new value: " + READ, answers);
    }
}
