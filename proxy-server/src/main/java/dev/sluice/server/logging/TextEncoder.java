package dev.sluice.server.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import java.nio.charset.StandardCharsets;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;

/**
 * Renders an event as a line for people: local time, level, class, message, {@code key=value} pairs, error. Only a
 * stack trace takes more than one line, because a line break inside a value could forge a second event. Thread-safe: it
 * has no state.
 */
final class TextEncoder extends EncoderBase<ILoggingEvent> {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS");
    private static final byte[] NOTHING = new byte[0];
    private static final String RESET = "\u001b[0m";

    private final boolean colour;
    private final boolean stackTraces;
    private final ZoneId zone;

    /** Stack traces are always written at ERROR; the flag asks for them below it too. */
    TextEncoder(boolean colour, boolean stackTraces, ZoneId zone) {
        this.colour = colour;
        this.stackTraces = stackTraces;
        this.zone = zone;
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
        StringBuilder line = new StringBuilder(160);
        TIME.formatTo(event.getInstant().atZone(zone), line);
        String logger = event.getLoggerName();
        line.append(' ');
        level(line, event.getLevel());
        line.append(' ')
                .append(logger, logger.lastIndexOf('.') + 1, logger.length())
                .append("  ");
        appendOneLine(line, event.getFormattedMessage());
        @Nullable List<KeyValuePair> pairs = event.getKeyValuePairs();
        if (pairs != null) {
            for (KeyValuePair pair : pairs) {
                line.append(' ').append(pair.key).append('=');
                value(line, String.valueOf(pair.value));
            }
        }
        error(line, event);
        return line.append('\n').toString().getBytes(StandardCharsets.UTF_8);
    }

    private void level(StringBuilder line, Level level) {
        String name = level.toString();
        if (colour) {
            line.append(colourOf(level)).append(name).append(RESET);
        } else {
            line.append(name);
        }
        line.append(" ".repeat(Math.max(0, 5 - name.length())));
    }

    private static String colourOf(Level level) {
        return switch (level.toInt()) {
            case Level.ERROR_INT -> "\u001b[31m";
            case Level.WARN_INT -> "\u001b[33m";
            case Level.INFO_INT -> "\u001b[32m";
            default -> "\u001b[36m";
        };
    }

    private static void value(StringBuilder line, String value) {
        boolean plain = !value.isEmpty() && value.chars().allMatch(c -> c > ' ' && c != '"' && c != '=' && c != 0x7f);
        if (plain) {
            line.append(value);
        } else {
            new JsonWriter(line).value(value);
        }
    }

    private void error(StringBuilder line, ILoggingEvent event) {
        @Nullable IThrowableProxy error = event.getThrowableProxy();
        if (error == null) {
            return;
        }
        line.append(" error=");
        value(line, error.getClassName() + ": " + error.getMessage());
        if (stackTraces || event.getLevel().isGreaterOrEqual(Level.ERROR)) {
            line.append('\n').append(ThrowableProxyUtil.asString(error).stripTrailing());
        }
    }

    private static void appendOneLine(StringBuilder line, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            line.append(c < ' ' || c == 0x7f ? ' ' : c);
        }
    }
}
