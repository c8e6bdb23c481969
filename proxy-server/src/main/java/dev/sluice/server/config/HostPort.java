package dev.sluice.server.config;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A host name or literal address with a TCP port, as it is written in the configuration file. The name is not resolved
 * here, so that a name server that is down fails one connection attempt and not the whole start. Immutable.
 *
 * @param host a host name, an IPv4 address, or an IPv6 address without brackets; in lower case, because names
 *     differ by more than case
 * @param port 0 to 65535; 0 means "any free port" and only makes sense for listening
 */
public record HostPort(String host, int port) {
    private static final int PORT_MAX = 65_535;

    /** Puts the host in lower case; rejects an empty one and a port outside 0 to 65535 with {@link IllegalArgumentException}. */
    public HostPort {
        Objects.requireNonNull(host, "host");
        if (host.isEmpty()) {
            throw new IllegalArgumentException("host is empty");
        }
        if (port < 0 || port > PORT_MAX) {
            throw new IllegalArgumentException("port " + port + " is not in 0 to " + PORT_MAX);
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
     * Reads {@code host:port} or {@code [ipv6]:port}.
     *
     * @throws IllegalArgumentException if the text has another shape; the message says what is missing
     */
    public static HostPort parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("has no port");
        }
        String host = text.substring(0, colon);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        if (bracketed) {
            host = host.substring(1, host.length() - 1);
        } else if (host.indexOf(':') >= 0) {
            throw new IllegalArgumentException("is an IPv6 address without brackets");
        }
        if (host.isBlank() || host.chars().anyMatch(c -> Character.isWhitespace(c) || c == '/' || c == '@')) {
            throw new IllegalArgumentException("has no valid host");
        }
        return new HostPort(host, parsePort(text.substring(colon + 1)));
    }

    private static int parsePort(String text) {
        boolean digits = !text.isEmpty() && text.length() <= 5 && text.chars().allMatch(c -> c >= '0' && c <= '9');
        int port = digits ? Integer.parseInt(text) : -1;
        if (port < 0 || port > PORT_MAX) {
            throw new IllegalArgumentException("has no valid port");
        }
        return port;
    }

    /** Whether only this host can connect to it, as far as that can be told without a name lookup. */
    public boolean isLoopback() {
        if (host.equalsIgnoreCase("localhost")) {
            return true;
        }
        byte @Nullable [] literal = NetUtil.createByteArrayFromIpAddressString(host);
        try {
            return literal != null && InetAddress.getByAddress(literal).isLoopbackAddress();
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of " + host + " has no length of its own", e);
        }
    }

    /** The address without a name lookup. */
    public InetSocketAddress unresolved() {
        return InetSocketAddress.createUnresolved(host, port);
    }

    /** {@code host:port}, with brackets around an IPv6 address. */
    @Override
    public String toString() {
        return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
    }
}
