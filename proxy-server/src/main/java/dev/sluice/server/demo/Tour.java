package dev.sluice.server.demo;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a client can rely on, shown one step at a time over one URL: each step prints what was sent, which server
 * answered and why, and whether that is right.
 *
 * <p>A step believes the server before the proxy: where a statement can carry {@code @@server_id} it does, and the
 * answer must agree with what {@code SHOW SLUICE ROUTE} says.
 *
 * <p>Thread-safe: confined to the thread of the tour.
 */
final class Tour {
    /** What the tour needs to exist on all servers before it starts. */
    static final List<String> PREPARATION = List.of(
            "CREATE TABLE tour (id INT AUTO_INCREMENT PRIMARY KEY, n INT NOT NULL, server INT NOT NULL)",
            "INSERT INTO tour (id, n, server) VALUES (1, 0, 0)");

    private static final String READ = "SELECT @@server_id, n FROM tour WHERE id = 1";
    private static final String UPDATE = "UPDATE tour SET n = n + 1, server = @@server_id WHERE id = 1";
    private static final String WRITTEN_BY = "SELECT @@server_id, server FROM tour WHERE id = 1";
    private static final String PREPARED_READ = "SELECT @@server_id, n FROM tour WHERE id = ?";
    private static final int FAN_OUT_READS = 16;
    private static final int OWN_WRITES = 20;

    private final TourSession.Opener opener;
    private final Map<String, String> serverIds;
    private final DemoOutput output;
    private int failures;

    /** Takes the server ids by address, which the harness knows without asking Sluice. */
    Tour(TourSession.Opener opener, Map<String, String> serverIds, DemoOutput output) {
        this.opener = opener;
        this.serverIds = Map.copyOf(serverIds);
        this.output = output;
    }

    @FunctionalInterface
    private interface Step {
        void run(TourSession session) throws SQLException, StepFailure;
    }

    /** A step that showed something other than what it should. */
    private static final class StepFailure extends Exception {
        private static final long serialVersionUID = 1L;

        StepFailure(String message) {
            super(message);
        }
    }

    /** Runs all steps, also after one that failed; answers whether none did. */
    boolean run() {
        step("1. Reads fan out over the replicas", this::fanOut);
        step("2. A write goes to the primary", this::write);
        step("3. A transaction stays whole on the primary, its reads too", this::readWriteTransaction);
        step("4. START TRANSACTION READ ONLY stays whole on one replica", this::readOnlyTransaction);
        step("5. SELECT ... FOR UPDATE goes to the primary", this::lockingRead);
        step("6. A server-side prepared SELECT runs on a replica, in a transaction on the primary", this::prepared);
        step("7. A user variable keeps its value", this::userVariable);
        step("8. LAST_INSERT_ID() is that of this session", this::lastInsertId);
        step("9. A session reads its own writes at once", this::readYourWrites);
        return failures == 0;
    }

    private void step(String title, Step step) {
        output.title(title);
        // Every step has a connection of its own: what one leaves in a session must not help or hurt the next.
        try (TourSession session = opener.open()) {
            step.run(session);
            output.verdict(true, "");
        } catch (StepFailure e) {
            failures++;
            output.verdict(false, String.valueOf(e.getMessage()));
        } catch (SQLException e) {
            failures++;
            output.verdict(false, "error %d (%s): %s".formatted(e.getErrorCode(), e.getSQLState(), e.getMessage()));
        }
    }

    private void fanOut(TourSession session) throws SQLException, StepFailure {
        Map<String, Integer> answers = new TreeMap<>();
        for (int i = 0; i < FAN_OUT_READS; i++) {
            Answer answer = session.run(READ);
            requireSameServer(answer);
            requireReason(answer, "read");
            require(answer.route().isReplica(), answer, "was not sent to a replica");
            answers.merge(describe(answer), 1, Integer::sum);
        }
        output.line("   sent %d times: %s".formatted(FAN_OUT_READS, READ));
        answers.forEach((server, count) -> output.line("      %2d x %s".formatted(count, server)));
        if (answers.size() != serverIds.size() - 1) {
            throw new StepFailure("%d of %d replicas answered".formatted(answers.size(), serverIds.size() - 1));
        }
    }

    private void write(TourSession session) throws SQLException, StepFailure {
        Answer update = show(session.run(UPDATE));
        require(update.route().isPrimary(), update, "was not sent to the primary");
        requireReason(update, "write");
        Answer readBack = show(session.run(WRITTEN_BY));
        requireEqual(readBack.column(1), serverId(update), "the server that wrote the row");
    }

    private void readWriteTransaction(TourSession session) throws SQLException, StepFailure {
        show(session.run("BEGIN"));
        for (String sql : List.of(READ, UPDATE, WRITTEN_BY)) {
            Answer answer = show(session.run(sql));
            require(answer.route().isPrimary(), answer, "left the primary");
            requireReason(answer, "in_transaction");
            requireSameServer(answer);
        }
        show(session.run("COMMIT"));
    }

    private void readOnlyTransaction(TourSession session) throws SQLException, StepFailure {
        Answer begin = show(session.run("START TRANSACTION READ ONLY"));
        require(begin.route().isReplica(), begin, "was not sent to a replica");
        for (int i = 0; i < 3; i++) {
            Answer answer = show(session.run(READ));
            requireEqual(answer.route().backend(), begin.route().backend(), "the server of the transaction");
            requireReason(answer, "read_only_transaction");
            requireSameServer(answer);
        }
        show(session.run("COMMIT"));
    }

    private void lockingRead(TourSession session) throws SQLException, StepFailure {
        Answer answer = show(session.run(READ + " FOR UPDATE"));
        require(answer.route().isPrimary(), answer, "was not sent to the primary");
        requireReason(answer, "locking_read");
        requireSameServer(answer);
    }

    private void prepared(TourSession session) throws SQLException, StepFailure {
        Answer outside = show(session.runPrepared(PREPARED_READ, 1));
        require(outside.route().isReplica(), outside, "was not sent to a replica");
        requireReason(outside, "read");
        requireSameServer(outside);
        show(session.run("BEGIN"));
        Answer inside = show(session.runPrepared(PREPARED_READ, 1));
        require(inside.route().isPrimary(), inside, "left the primary");
        requireReason(inside, "in_transaction");
        requireSameServer(inside);
        show(session.run("COMMIT"));
    }

    private void userVariable(TourSession session) throws SQLException, StepFailure {
        show(session.run("SET @v = 42"));
        // The read in between may go elsewhere; the variable must not be lost by it.
        show(session.run(READ));
        Answer answer = show(session.run("SELECT @v"));
        requireEqual(answer.column(0), "42", "@v");
    }

    private void lastInsertId(TourSession session) throws SQLException, StepFailure {
        show(session.run("INSERT INTO tour (n, server) VALUES (7, @@server_id)"));
        Answer id = show(session.run("SELECT LAST_INSERT_ID()"));
        Answer row = show(session.run("SELECT MAX(id) FROM tour WHERE n = 7"));
        requireEqual(id.column(0), row.column(0), "LAST_INSERT_ID()");
    }

    private void readYourWrites(TourSession session) throws SQLException, StepFailure {
        Map<String, Integer> answers = new TreeMap<>();
        for (int i = 1; i <= OWN_WRITES; i++) {
            String value = Integer.toString(1000 + i);
            session.run("UPDATE tour SET n = " + value + " WHERE id = 1");
            Answer read = session.run(READ);
            requireSameServer(read);
            requireEqual(read.column(1), value, "n right after it was written");
            answers.merge(describe(read), 1, Integer::sum);
        }
        output.line("   sent %d times: UPDATE tour SET n = ... WHERE id = 1, then: %s".formatted(OWN_WRITES, READ));
        answers.forEach((server, count) -> output.line("      %2d x the new value from %s".formatted(count, server)));
    }

    private Answer show(Answer answer) {
        String row = answer.row().isEmpty() ? "" : "  " + answer.row();
        output.line("   %-62s -> %s%s".formatted(answer.sql(), describe(answer), row));
        return answer;
    }

    private String describe(Answer answer) {
        Route route = answer.route();
        String pins = route.pins().isEmpty() ? "" : ", pins: " + route.pins();
        return "server_id %s (%s), reason: %s%s".formatted(serverId(answer), route.role(), route.reason(), pins);
    }

    private String serverId(Answer answer) {
        return serverIds.getOrDefault(
                answer.route().backend(), "of no server here: " + answer.route().backend());
    }

    /** The server itself must say that it is the one Sluice names. */
    private void requireSameServer(Answer answer) throws StepFailure {
        if (answer.sql().startsWith("SELECT @@server_id")) {
            requireEqual(answer.column(0), serverId(answer), "@@server_id of " + answer.sql());
        }
    }

    private static void requireReason(Answer answer, String reason) throws StepFailure {
        requireEqual(answer.route().reason(), reason, "the reason of " + answer.sql());
    }

    private static void require(boolean condition, Answer answer, String otherwise) throws StepFailure {
        if (!condition) {
            throw new StepFailure(answer.sql() + " " + otherwise);
        }
    }

    private static void requireEqual(String actual, String expected, String what) throws StepFailure {
        if (!actual.equals(expected)) {
            throw new StepFailure("%s is %s, expected %s".formatted(what, actual, expected));
        }
    }
}
