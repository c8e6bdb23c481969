package dev.sluice.router.topology;

import java.util.Locale;

/**
 * Host and port of a backend; IPv6 literals carry brackets in text and none in {@link #host()}. Immutable.
 *
 * @param host a name or an address, without brackets; in lower case, because names differ by more than case
 * @param port 1 to 65535
 */
public record BackendAddress(String host, int port) {
    /** The port of MySQL and MariaDB when none is given. */
    public static final int DEFAULT_PORT = 3306;

    private static final int HOST_LENGTH_MAX = 255;

    /** Checks both parts, and puts the host in lower case. */
    public BackendAddress {
        if (host.isEmpty() || host.length() > HOST_LENGTH_MAX) {
            throw new IllegalArgumentException("host must have 1 to " + HOST_LENGTH_MAX + " characters");
        }
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            if (c <= ' ' || c == '[' || c == ']' || c == '/' || c == '@' || c > '~') {
                throw new IllegalArgumentException("host has a character that no host name has, at position " + i);
            }
        }
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("port must be 1 to 65535, not " + port);
        }
        host = lowerCase(host);
    }

    /** The zone of an IPv6 address is the name of an interface, in which case matters. */
    private static String lowerCase(String host) {
        int zone = host.indexOf('%');
        return zone < 0
                ? host.toLowerCase(Locale.ROOT)
                : host.substring(0, zone).toLowerCase(Locale.ROOT) + host.substring(zone);
    }

    /**
     * Reads "host", "host:port", "[v6]" or "[v6]:port".
     *
     * @throws IllegalArgumentException if the text is none of these
     */
    public static BackendAddress parse(String text) {
        String trimmed = text.strip();
        if (trimmed.startsWith("[")) {
            int close = trimmed.indexOf(']');
            if (close < 0) {
                throw new IllegalArgumentException("missing ] after the IPv6 address");
            }
            String host = trimmed.substring(1, close);
            if (host.indexOf(':') < 0) {
                throw new IllegalArgumentException("brackets are for IPv6 addresses only");
            }
            return new BackendAddress(host, portAfter(trimmed, close + 1));
        }
        int colon = trimmed.indexOf(':');
        if (colon < 0) {
            return new BackendAddress(trimmed, DEFAULT_PORT);
        }
        if (trimmed.indexOf(':', colon + 1) >= 0) {
            throw new IllegalArgumentException("an IPv6 address needs brackets: [address]:port");
        }
        return new BackendAddress(trimmed.substring(0, colon), portAfter(trimmed, colon));
    }

    private static int portAfter(String text, int at) {
        if (at == text.length()) {
            return DEFAULT_PORT;
        }
        String digits = text.substring(at + 1);
        boolean plain =
                !digits.isEmpty() && digits.length() <= 5 && digits.chars().allMatch(c -> c >= '0' && c <= '9');
        if (text.charAt(at) != ':' || !plain) {
            throw new IllegalArgumentException("expected :port after the host");
        }
        return Integer.parseInt(digits);
    }

    @Override
    public String toString() {
        return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
    }
}
