package dev.sluice.server.config;

import java.net.InetAddress;

/**
 * Which clients may connect, before the database is asked. Immutable.
 *
 * @param allow who may; what it does not name may not
 * @param deny who may not, also if {@code allow} names them
 * @param proxies whose connections begin with a header that says who the client is
 */
public record AccessConfig(AccessList allow, AccessList deny, AccessList proxies) {
    /** What an absent section means. */
    public static AccessConfig defaults() {
        return new AccessConfig(
                ConfigKeys.ACCESS_ALLOW.defaultValue(),
                ConfigKeys.ACCESS_DENY.defaultValue(),
                ConfigKeys.ACCESS_PROXIES.defaultValue());
    }

    /** Whether anybody may log in from an address. */
    public boolean admits(InetAddress address) {
        return allow.mentions(address) && !deny.contains(address);
    }

    /** Whether a user may log in from an address. */
    public boolean admits(InetAddress address, String user) {
        return allow.contains(address, user) && !deny.contains(address, user);
    }
}
