package dev.sluice.server.logging;

import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Writes one JSON document on one line. It escapes every control character, so a line never breaks. Nesting is the
 * caller's business and is not checked. Confined to one thread.
 */
public final class JsonWriter {
    private final StringBuilder out;
    private boolean first = true;

    /** A writer that appends to a buffer. */
    public JsonWriter(StringBuilder out) {
        this.out = out;
    }

    /** Opens an object. */
    public JsonWriter beginObject() {
        separate();
        return open('{');
    }

    /** Opens an array. */
    public JsonWriter beginArray() {
        separate();
        return open('[');
    }

    /** Closes the innermost object. */
    public JsonWriter endObject() {
        return close('}');
    }

    /** Closes the innermost array. */
    public JsonWriter endArray() {
        return close(']');
    }

    /** Writes the name of the next value. */
    public JsonWriter name(String name) {
        separate();
        quote(name);
        out.append(':');
        first = true;
        return this;
    }

    /** Writes a value: null, a boolean and a finite number as such, anything else as the string it prints as. */
    public JsonWriter value(@Nullable Object value) {
        separate();
        boolean bare = value == null || value instanceof Boolean || isPlainNumber(value);
        if (bare) {
            out.append(value);
        } else {
            quote(String.valueOf(value));
        }
        return this;
    }

    /** Writes a name and its value. */
    public JsonWriter field(String name, @Nullable Object value) {
        return name(name).value(value);
    }

    private static boolean isPlainNumber(Object value) {
        boolean fraction = value instanceof Double || value instanceof Float;
        return value instanceof Number number && (!fraction || Double.isFinite(number.doubleValue()));
    }

    private JsonWriter open(char bracket) {
        out.append(bracket);
        first = true;
        return this;
    }

    private JsonWriter close(char bracket) {
        out.append(bracket);
        first = false;
        return this;
    }

    private void separate() {
        if (!first) {
            out.append(',');
        }
        first = false;
    }

    private void quote(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < 0x20 || c == 0x7f || (Character.isSurrogate(c) && isLone(text, i))) {
                escape(c);
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }

    /** A lone surrogate has no UTF-8 form; escaped it is still valid JSON. */
    private static boolean isLone(String text, int i) {
        boolean high = Character.isHighSurrogate(text.charAt(i));
        int other = high ? i + 1 : i - 1;
        return other < 0
                || other >= text.length()
                || !(high
                        ? Character.isLowSurrogate(text.charAt(other))
                        : Character.isHighSurrogate(text.charAt(other)));
    }

    private void escape(char c) {
        switch (c) {
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            default -> out.append("\\u").append(HexFormat.of().toHexDigits(c));
        }
    }
}
