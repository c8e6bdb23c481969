package dev.sluice.server.session;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.router.session.PinReason;
import dev.sluice.router.session.Slot;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.Traits;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.BackendFailure;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The question what a SET has made of the switches of session tracking. It ran with the client's switches, so the other
 * variables that it set are asked for, too. Confined to the session's event loop.
 */
final class TrackerQuestion {
    private static final Pattern ASSIGNED = Pattern.compile("([A-Za-z_][A-Za-z0-9_$]*)`?\\s*:?=");
    private static final int NAMES_MAX = 64;
    private static final int ANSWER_BYTES_MAX = 256 * 1024;
    /** What SET NAMES sets. */
    private static final List<String> CHARACTER_SETS =
            List.of("character_set_client", "character_set_results", "collation_connection");

    private final SessionParts parts;
    private final Slot slot;
    private final BackendConnection target;
    private final Classification statement;

    TrackerQuestion(SessionParts parts, Slot slot, BackendConnection target, Classification statement) {
        this.parts = parts;
        this.slot = slot;
        this.target = target;
        this.statement = statement;
    }

    /** Asks, and calls {@code done} when the session knows the answer. */
    void ask(@Nullable String text, Runnable done) {
        if (statement.has(Traits.MULTI_STATEMENT) || text == null) {
            // What ran behind the switch was not reported.
            parts.state().pin(slot, PinReason.UNREPORTED_CHANGE, true);
        }
        target.trackersOff();
        parts.lastStatement().disturbed();
        ByteBuf query = target.channel().alloc().buffer();
        int header = Packets.begin(query, 0);
        query.writeByte(CommandType.COM_QUERY.code());
        query.writeCharSequence(
                "SHOW SESSION VARIABLES WHERE Variable_name IN ('" + String.join("','", names(text)) + "')",
                StandardCharsets.US_ASCII);
        Packets.end(query, header);
        target.send(query, new InternalResponse(ResponseShape.QUERY, ANSWER_BYTES_MAX) {
            @Override
            void answered() {
                if (error() != null) {
                    target.fail(
                            BackendFailure.of(BackendFailure.Kind.BROKEN, "the server would not tell its variables"));
                    return;
                }
                take(pairs());
                done.run();
            }
        });
        target.flush();
    }

    private Set<String> names(@Nullable String text) {
        Set<String> names = new LinkedHashSet<>(ClientTrackers.NAMES);
        if (statement.has(Traits.SETS_NAMES)) {
            names.addAll(CHARACTER_SETS);
        }
        Matcher assigned = ASSIGNED.matcher(text == null ? "" : text);
        while (assigned.find() && names.size() < NAMES_MAX) {
            names.add(assigned.group(1).toLowerCase(Locale.ROOT));
        }
        return names;
    }

    private void take(Map<String, String> values) {
        parts.changes().clear();
        values.forEach((name, value) -> {
            if (ClientTrackers.NAMES.contains(name)) {
                parts.clientTrackers().learned(name, value);
            } else {
                parts.changes().systemVariable(name, value);
            }
        });
        parts.effects().apply(slot, statement, true, parts.changes(), () -> null);
        parts.changes().clear();
        target.vector(parts.state().vector());
    }
}
