package dev.sluice.server.switchover;

import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * What takes the steps of a switchover back, the last one first. Each is registered before its step is tried, because a step
 * that seems to have failed may have happened, and each does no harm to a server where its step did not. Thread-safe: used
 * by the thread that carries out the switchover.
 */
final class Undo {
    private static final int ATTEMPTS_MAX = 3;

    /** Takes one step back. */
    @FunctionalInterface
    interface Action {
        void run() throws SQLException;
    }

    private record Entry(String what, Action action, boolean essential) {}

    private final Deque<Entry> entries = new ArrayDeque<>();

    /** Registers what takes a step back. */
    void add(String what, Action action) {
        entries.push(new Entry(what, action, false));
    }

    /** Registers what must succeed before anything that was registered earlier may be taken back. */
    void addEssential(String what, Action action) {
        entries.push(new Entry(what, action, true));
    }

    /** Takes everything back; returns what a person has to do instead, empty if nothing. */
    List<String> run(StepLog log) {
        List<String> left = new ArrayList<>();
        while (!entries.isEmpty()) {
            Entry entry = entries.pop();
            long since = log.now();
            try {
                repeat(entry.action);
                log.done("undo", entry.what, since);
            } catch (SQLException e) {
                log.failed("undo", entry.what + ": " + e.getMessage(), since);
                left.add(entry.what + " (" + e.getMessage() + ")");
                if (entry.essential) {
                    entries.forEach(next -> left.add("not before: " + next.what));
                    return left;
                }
            }
        }
        return left;
    }

    private static void repeat(Action action) throws SQLException {
        for (int attempt = 1; ; attempt++) {
            try {
                action.run();
                return;
            } catch (SQLException e) {
                if (attempt == ATTEMPTS_MAX) {
                    throw e;
                }
            }
        }
    }
}
