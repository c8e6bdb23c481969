package dev.sluice.server.backend;

import dev.sluice.router.topology.Topology;
import java.util.function.ObjIntConsumer;
import org.jspecify.annotations.Nullable;

/** The waiting lines of one event loop, by backend. Confined to the session's event loop. */
final class WaitingLines {
    private final @Nullable WaitingLine[] lines = new @Nullable WaitingLine[Topology.ORDINAL_MAX + 1];
    private final WaitingBudget budget;
    private final ObjIntConsumer<String> left;

    /** @param left is told the user and the backend of each that leaves a line without a slot that was granted to it */
    WaitingLines(WaitingBudget budget, ObjIntConsumer<String> left) {
        this.budget = budget;
        this.left = left;
    }

    /** The line for a backend, made when first asked for. */
    WaitingLine of(int ordinal) {
        WaitingLine line = lines[ordinal];
        if (line == null) {
            line = new WaitingLine(budget, user -> left.accept(user, ordinal));
            lines[ordinal] = line;
        }
        return line;
    }

    /** Calls with every line that there is, and the backend's ordinal. */
    void forEach(ObjIntConsumer<WaitingLine> action) {
        for (int ordinal = 0; ordinal < lines.length; ordinal++) {
            WaitingLine line = lines[ordinal];
            if (line != null) {
                action.accept(line, ordinal);
            }
        }
    }
}
