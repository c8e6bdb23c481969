package dev.sluice.server.http;

import dev.sluice.server.admin.OperationException;
import org.jspecify.annotations.Nullable;

/** The version of the configuration as HTTP writes it, in quotes. Immutable. */
final class EntityTag {
    private static final int DIGITS_MAX = 18;

    private EntityTag() {}

    static String of(long version) {
        return "\"" + version + "\"";
    }

    /**
     * The version that an {@code If-Match} names; null for {@code *}, which is whatever is there.
     *
     * @throws OperationException of the kind INVALID if it is no version
     */
    static @Nullable Long version(String ifMatch) throws OperationException {
        String text = ifMatch.strip();
        if (text.equals("*")) {
            return null;
        }
        String inner = text.length() > 2 && text.startsWith("\"") && text.endsWith("\"")
                ? text.substring(1, text.length() - 1)
                : "";
        boolean digits = !inner.isEmpty()
                && inner.length() <= DIGITS_MAX
                && inner.chars().allMatch(c -> c >= '0' && c <= '9');
        if (!digits) {
            throw new OperationException(
                    OperationException.Kind.INVALID, "If-Match is no version in quotes, as ETag gives it");
        }
        return Long.valueOf(inner);
    }
}
