package dev.sluice.server.demo;

import dev.sluice.server.localcluster.LocalClusterException;
import java.sql.SQLException;
import java.util.List;

/**
 * What a client can rely on, shown one step at a time over one URL: each step prints what was sent, which server
 * answered and why, and whether that is right.
 *
 * <p>Thread-safe: confined to the thread of the tour.
 */
final class Tour {
    /** What the tour needs to exist on all servers before it starts. */
    static final List<String> PREPARATION = List.of(
            "CREATE TABLE tour (id INT AUTO_INCREMENT PRIMARY KEY, n INT NOT NULL, server INT NOT NULL)",
            "INSERT INTO tour (id, n, server) VALUES (1, 0, 0)");

    private final TourStage stage;
    private final DemoOutput output;
    private final boolean guided;
    private int failures;

    /** Takes whether somebody looks on, who is told what to look at. */
    Tour(TourStage stage, DemoOutput output, boolean guided) {
        this.stage = stage;
        this.output = output;
        this.guided = guided;
    }

    @FunctionalInterface
    private interface Step {
        void run(TourSession session) throws SQLException, StepFailure;
    }

    /** Runs all steps, also after one that failed; answers whether none did. */
    boolean run() {
        TourReport report = new TourReport(stage.servers(), output);
        StatementSteps statements = new StatementSteps(stage.servers(), report);
        hint("On each line: what was sent -> which server ran it, the role it has, and why it was sent there.");
        step("1. Reads fan out over the replicas", statements::fanOut);
        step("2. A write goes to the primary", statements::write);
        step("3. A transaction stays whole on the primary, its reads too", statements::readWriteTransaction);
        step("4. START TRANSACTION READ ONLY stays whole on one replica", statements::readOnlyTransaction);
        step("5. SELECT ... FOR UPDATE goes to the primary", statements::lockingRead);
        step(
                "6. A server-side prepared SELECT runs on a replica, in a transaction on the primary",
                statements::prepared);
        step("7. A user variable keeps its value", statements::userVariable);
        step("8. LAST_INSERT_ID() is that of this session", statements::lastInsertId);
        step("9. A session reads its own writes at once", statements::readYourWrites);
        serverSteps(new ServerSteps(stage, report));
        return failures == 0;
    }

    private void serverSteps(ServerSteps servers) {
        hint("So far the servers were left alone. Now they come, go and die, and the clients keep their URL.");
        step(
                "10. A replica is added at run time and takes reads",
                servers::addReplica,
                "Look at the server_id: a server answers that did not exist when the client connected.");
        step(
                "11. A replica is drained: no read reaches it any more, and reads go on",
                servers::drainReplica,
                "Look at the counts: the drained server is missing, and the client that reads meanwhile had no error.");
        step(
                "12. The primary is killed, another server is promoted, and an idle connection goes on",
                servers::killPrimary,
                "Look at the new server_id of the write, at the time zone that is still there, and at the outages.");
    }

    private void step(String title, Step step, String... hints) {
        output.title(title);
        for (String hint : hints) {
            hint(hint);
        }
        // Every step has a connection of its own: what one leaves in a session must not help or hurt the next.
        try (TourSession session = stage.clients().open()) {
            step.run(session);
            output.verdict(true, "");
        } catch (StepFailure | LocalClusterException e) {
            failures++;
            output.verdict(false, String.valueOf(e.getMessage()));
        } catch (SQLException e) {
            failures++;
            output.verdict(false, "error %d (%s): %s".formatted(e.getErrorCode(), e.getSQLState(), e.getMessage()));
        }
    }

    private void hint(String text) {
        if (guided) {
            output.hint(text);
        }
    }
}
