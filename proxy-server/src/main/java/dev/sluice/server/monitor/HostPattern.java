package dev.sluice.server.monitor;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The host part of an account, with the server's rules for what it matches and which of several is the more specific.
 * Immutable.
 *
 * <p>Order, most specific first: a literal name or address, a network, a pattern (the later its first wildcard the more
 * specific), then the empty host, which matches everything but comes last.
 */
final class HostPattern implements Comparable<HostPattern> {
    private static final int LITERAL = Integer.MAX_VALUE;

    private final String text;
    private final int specificity;
    private final long network;
    private final long mask;

    HostPattern(String host) {
        this.text = host.toLowerCase(Locale.ROOT);
        long[] parsed = parseNetwork(text);
        this.network = parsed == null ? 0 : parsed[0];
        this.mask = parsed == null ? -1 : parsed[1];
        this.specificity = parsed != null ? LITERAL - 64 + Long.bitCount(mask) : specificityOf(text);
    }

    private static int specificityOf(String text) {
        if (text.isEmpty()) {
            return -1;
        }
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '%' || text.charAt(i) == '_') {
                return i;
            }
        }
        return LITERAL;
    }

    /** Network and mask of "a.b.c.d/mask" or "a.b.c.d/bits"; null for anything else. */
    private static long @Nullable [] parseNetwork(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            return null;
        }
        long address = parseAddress(text.substring(0, slash));
        String suffix = text.substring(slash + 1);
        long mask;
        if (suffix.matches("\\d{1,2}") && Integer.parseInt(suffix) <= 32) {
            mask = 0xFFFF_FFFFL << (32 - Integer.parseInt(suffix)) & 0xFFFF_FFFFL;
        } else {
            mask = parseAddress(suffix);
        }
        return address < 0 || mask < 0 ? null : new long[] {address & mask, mask};
    }

    /** An IPv4 address as a number; -1 if the text is none. */
    private static long parseAddress(String text) {
        String[] parts = text.split("\\.", -1);
        if (parts.length != 4) {
            return -1;
        }
        long address = 0;
        for (String part : parts) {
            if (!part.matches("\\d{1,3}") || Integer.parseInt(part) > 255) {
                return -1;
            }
            address = address << 8 | Integer.parseInt(part);
        }
        return address;
    }

    /** Whether a client whose host the server knows by this name or address is meant. */
    boolean matches(String client) {
        if (mask >= 0) {
            long address = parseAddress(client);
            return address >= 0 && (address & mask) == network;
        }
        return text.isEmpty() || like(text, 0, client.toLowerCase(Locale.ROOT), 0);
    }

    /** Whether this can match a name, which the address of a host does not tell. Names have letters and no colon. */
    boolean isForNames() {
        return text.chars().anyMatch(Character::isLetter) && text.indexOf(':') < 0 && mask < 0;
    }

    /** SQL's LIKE with a backslash as escape; recursion only at %, of which host names have few. */
    private static boolean like(String pattern, int p, String value, int v) {
        int at = v;
        for (int i = p; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            if (c == '%') {
                if (i + 1 == pattern.length()) {
                    return true;
                }
                if (pattern.charAt(i + 1) == '%') {
                    continue;
                }
                for (int rest = at; rest <= value.length(); rest++) {
                    if (like(pattern, i + 1, value, rest)) {
                        return true;
                    }
                }
                return false;
            }
            boolean escaped = c == '\\' && i + 1 < pattern.length();
            char wanted = escaped ? pattern.charAt(++i) : c;
            if (at == value.length() || ((escaped || c != '_') && wanted != value.charAt(at))) {
                return false;
            }
            at++;
        }
        return at == value.length();
    }

    /** The more specific one is the smaller. */
    @Override
    public int compareTo(HostPattern other) {
        return Integer.compare(other.specificity, specificity);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof HostPattern that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }
}
