package dev.sluice.server.http;

import dev.sluice.server.admin.OperationException;
import dev.sluice.server.config.NearestName;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a request of the API says, checked against the fields of its route. Immutable. */
final class ApiArguments {
    private static final int DIGITS_MAX = 18;

    private final Map<String, Object> values = new HashMap<>();

    /**
     * Checks and keeps what was said.
     *
     * @param said name to value, for each place
     * @throws OperationException of the kind INVALID if something is missing, unknown or of another type
     */
    ApiArguments(List<ApiField> fields, Map<ApiField.Place, Map<String, JsonBody.Value>> said)
            throws OperationException {
        for (ApiField.Place place : ApiField.Place.values()) {
            List<ApiField> here =
                    fields.stream().filter(field -> field.place() == place).toList();
            Map<String, JsonBody.Value> given = said.getOrDefault(place, Map.of());
            rejectUnknown(here, given);
            for (ApiField field : here) {
                JsonBody.Value value = given.get(field.name());
                if (value != null) {
                    values.put(field.name(), read(field, value));
                } else if (field.required()) {
                    throw invalid("\"" + field.name() + "\" is missing: " + field.description());
                }
            }
        }
    }

    private static void rejectUnknown(List<ApiField> fields, Map<String, JsonBody.Value> given)
            throws OperationException {
        List<String> names = fields.stream().map(ApiField::name).toList();
        for (String name : given.keySet()) {
            if (!names.contains(name)) {
                @Nullable String nearest = NearestName.of(name, names);
                throw invalid("\"" + name + "\" is not known here; "
                        + (nearest == null
                                ? "known are: " + String.join(", ", names)
                                : "did you mean \"" + nearest + "\"?"));
            }
        }
    }

    private static Object read(ApiField field, JsonBody.Value value) throws OperationException {
        boolean inBody = field.place() == ApiField.Place.BODY;
        if (inBody && value.quoted() != (field.type() == ApiField.Type.TEXT)) {
            throw invalid("\"" + field.name() + "\" is not of the type "
                    + field.type().jsonType());
        }
        return switch (field.type()) {
            case TEXT -> value.text();
            case COUNT -> count(field, value.text());
            case FLAG -> flag(field, value.text());
        };
    }

    private static Long count(ApiField field, String text) throws OperationException {
        boolean digits =
                !text.isEmpty() && text.length() <= DIGITS_MAX && text.chars().allMatch(c -> c >= '0' && c <= '9');
        if (!digits) {
            throw invalid("\"" + field.name() + "\" is not a whole number from 0 on");
        }
        return Long.valueOf(text);
    }

    private static Boolean flag(ApiField field, String text) throws OperationException {
        if (!text.equals("true") && !text.equals("false")) {
            throw invalid("\"" + field.name() + "\" is neither true nor false");
        }
        return Boolean.valueOf(text);
    }

    /** A text that is required. */
    String text(String name) {
        return (String) required(name);
    }

    /** A text, or null if it was not given. */
    @Nullable
    String textOrNull(String name) {
        return (String) values.get(name);
    }

    /** A number that is required. */
    long number(String name) {
        return (Long) required(name);
    }

    /** A number of 31 bits that is required. */
    int count(String name) throws OperationException {
        Integer count = countOrNull(name);
        if (count == null) {
            throw new IllegalStateException(name + " is not a required field");
        }
        return count;
    }

    /** A number of 31 bits, or null if it was not given. */
    @Nullable
    Integer countOrNull(String name) throws OperationException {
        Long value = (Long) values.get(name);
        if (value != null && value > Integer.MAX_VALUE) {
            throw invalid("\"" + name + "\" is larger than " + Integer.MAX_VALUE);
        }
        return value == null ? null : Integer.valueOf(value.intValue());
    }

    /** A number of seconds, or null if it was not given. */
    @Nullable
    Duration secondsOrNull(String name) throws OperationException {
        Integer seconds = countOrNull(name);
        return seconds == null ? null : Duration.ofSeconds(seconds);
    }

    /** Whether something was said to be so; false if it was not given. */
    boolean flag(String name) {
        return Boolean.TRUE.equals(values.get(name));
    }

    private Object required(String name) {
        Object value = values.get(name);
        if (value == null) {
            throw new IllegalStateException(name + " is not a required field");
        }
        return value;
    }

    private static OperationException invalid(String message) {
        return new OperationException(OperationException.Kind.INVALID, message);
    }
}
