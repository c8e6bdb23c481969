package dev.sluice.server.session;

import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.router.session.PinReason;
import dev.sluice.router.session.ReportedVariables;
import dev.sluice.router.session.Slot;
import dev.sluice.router.sql.AssignedVariables;
import dev.sluice.router.sql.Classification;
import dev.sluice.server.backend.BackendConnection;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The question what a SET has made of the switches of session tracking. It ran with the client's switches, so everything
 * else that it has set is asked for, too; where the answer is not certain, the connection is the session's for good.
 * Confined to the session's event loop.
 */
final class TrackerQuestion {
    private static final int ANSWER_BYTES_MAX = 256 * 1024;
    private static final int SWITCH_CHARACTERS_MAX = 4096;

    private final SessionParts parts;
    private final Slot slot;
    private final BackendConnection target;
    private final Classification statement;
    private final boolean failed;
    private final boolean leftConditions;
    private final @Nullable List<String> assigned;

    TrackerQuestion(
            SessionParts parts, Slot slot, BackendConnection target, Classification statement, Outcome outcome) {
        this.parts = parts;
        this.slot = slot;
        this.target = target;
        this.statement = statement;
        this.failed = outcome.failed();
        this.leftConditions = outcome.leftConditions();
        this.assigned = assigned(outcome.text());
    }

    private @Nullable List<String> assigned(@Nullable String text) {
        // Other letters may have been decoded wrongly.
        return text == null || text.chars().anyMatch(c -> c > '~')
                ? null
                : AssignedVariables.read(
                        text.getBytes(StandardCharsets.US_ASCII), parts.state().lexicalMode());
    }

    /** Asks, and calls {@code done} when the session knows the answer. */
    void ask(Runnable done) {
        if (assigned == null) {
            tie();
            done.run();
            return;
        }
        parts.lastStatement().disturb(target, leftConditions, true);
        Set<String> names = new LinkedHashSet<>(ClientTrackers.NAMES);
        names.addAll(assigned);
        String question = "SHOW SESSION VARIABLES WHERE Variable_name IN ('" + String.join("','", names) + "')";
        target.send(target.query(question), new InternalResponse(ResponseShape.QUERY, ANSWER_BYTES_MAX) {
            @Override
            void answered() {
                if (error() != null) {
                    tie();
                } else {
                    take(names, pairs());
                }
                done.run();
            }
        });
        target.flush();
    }

    private void take(Set<String> names, Map<String, String> values) {
        parts.changes().clear();
        boolean certain = failed || values.keySet().containsAll(names);
        for (Map.Entry<String, String> each : values.entrySet()) {
            String value = each.getValue();
            if (!ClientTrackers.NAMES.contains(each.getKey())) {
                parts.changes().systemVariable(each.getKey(), value);
            } else if (ReportedVariables.isPlain(value) && value.length() <= SWITCH_CHARACTERS_MAX) {
                parts.clientTrackers().learned(each.getKey(), value);
            } else {
                certain = false;
            }
        }
        parts.effects().apply(slot, statement, true, parts.changes(), () -> null);
        parts.changes().clear();
        target.vector(parts.state().vector());
        if (!certain || parts.effects().isCollationUnknown()) {
            tie();
        }
    }

    private void tie() {
        parts.clientTrackers().keep(target);
        parts.state().pin(slot, PinReason.SESSION_TRACKING, true);
    }
}
