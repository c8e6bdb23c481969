package dev.sluice.server.http;

import dev.sluice.server.admin.OperationException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Reads the body of a request: one JSON object of strings, numbers and booleans. The parser of the configuration file
 * reads it, JSON being a part of YAML; its events are taken one by one, so that nothing is built of what is not wanted.
 * Immutable.
 */
final class JsonBody {
    private JsonBody() {}

    /**
     * A value and whether it stood in quotes. Immutable.
     *
     * @param text without the quotes
     */
    record Value(String text, boolean quoted) {}

    /**
     * The members of the object; those that are null are left out. An empty text is an empty object.
     *
     * @throws OperationException of the kind INVALID if it is anything else
     */
    static Map<String, Value> parse(String text) throws OperationException {
        if (text.isBlank()) {
            return Map.of();
        }
        if (!text.stripLeading().startsWith("{")) {
            throw invalid("the body is no JSON object");
        }
        List<Value> scalars = new ArrayList<>();
        try {
            boolean open = false;
            for (Event event : new Parse(LoadSettings.builder().build()).parseString(text)) {
                if (event instanceof ScalarEvent scalar) {
                    scalars.add(new Value(scalar.getValue(), !scalar.isPlain()));
                } else if (event instanceof MappingStartEvent && !open) {
                    open = true;
                } else if (nests(event)) {
                    throw invalid("the body has a value that is no string, number or boolean");
                }
            }
        } catch (YamlEngineException e) {
            throw invalid("the body is not valid JSON");
        }
        return members(scalars);
    }

    private static boolean nests(Event event) {
        return event instanceof AliasEvent
                || event.getEventId() == Event.ID.MappingStart
                || event.getEventId() == Event.ID.SequenceStart;
    }

    /** In a flat object keys and values take turns. */
    private static Map<String, Value> members(List<Value> scalars) throws OperationException {
        Map<String, Value> members = new LinkedHashMap<>();
        for (int i = 0; i + 1 < scalars.size(); i += 2) {
            Value key = scalars.get(i);
            Value value = scalars.get(i + 1);
            if (!key.quoted()) {
                throw invalid("the body is not valid JSON: a name without quotes");
            }
            boolean isNull = !value.quoted()
                    && (value.text().equals("null") || value.text().isEmpty());
            if (!isNull && members.put(key.text(), value) != null) {
                throw invalid("the body has \"" + key.text() + "\" twice");
            }
        }
        return members;
    }

    private static OperationException invalid(String message) {
        return new OperationException(OperationException.Kind.INVALID, message);
    }
}
