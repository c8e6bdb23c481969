package dev.sluice.server.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import java.nio.charset.StandardCharsets;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;

/**
 * Renders an event as one JSON object on one line: {@code time} (ISO 8601, UTC), {@code level}, {@code logger},
 * {@code message}, then the key-value pairs under their own names, then {@code error} with {@code type},
 * {@code message} and, at ERROR or when the level is DEBUG, {@code stack}. Thread-safe: it has no state.
 */
final class JsonLineEncoder extends EncoderBase<ILoggingEvent> {
    private static final Set<String> RESERVED = Set.of("time", "level", "logger", "message", "error");
    // Always three digits: Instant's own text form varies in length, which breaks sorting by text.
    private static final DateTimeFormatter TIME =
            new DateTimeFormatterBuilder().appendInstant(3).toFormatter(Locale.ROOT);
    private static final byte[] NOTHING = new byte[0];

    private final boolean stackTraces;

    /** Stack traces are always written at ERROR; the flag asks for them below it too. */
    JsonLineEncoder(boolean stackTraces) {
        this.stackTraces = stackTraces;
    }

    @Override
    public byte[] headerBytes() {
        return NOTHING;
    }

    @Override
    public byte[] footerBytes() {
        return NOTHING;
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
        StringBuilder line = new StringBuilder(256);
        JsonWriter json = new JsonWriter(line);
        json.beginObject()
                .field("time", TIME.format(event.getInstant()))
                .field("level", event.getLevel())
                .field("logger", event.getLoggerName())
                .field("message", event.getFormattedMessage());
        @Nullable List<KeyValuePair> pairs = event.getKeyValuePairs();
        if (pairs != null) {
            // A pair that took the name of a fixed key would make the line ambiguous to its reader.
            pairs.forEach(pair -> json.field(RESERVED.contains(pair.key) ? "field_" + pair.key : pair.key, pair.value));
        }
        error(json, event);
        json.endObject();
        return line.append('\n').toString().getBytes(StandardCharsets.UTF_8);
    }

    private void error(JsonWriter json, ILoggingEvent event) {
        @Nullable IThrowableProxy error = event.getThrowableProxy();
        if (error == null) {
            return;
        }
        json.name("error").beginObject().field("type", error.getClassName()).field("message", error.getMessage());
        if (stackTraces || event.getLevel().isGreaterOrEqual(Level.ERROR)) {
            json.field("stack", ThrowableProxyUtil.asString(error));
        }
        json.endObject();
    }
}
