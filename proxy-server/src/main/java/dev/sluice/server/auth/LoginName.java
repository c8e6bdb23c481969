package dev.sluice.server.auth;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/**
 * Who logs in, as a server sees it before it has chosen an account: what {@code USER()} says. Immutable.
 *
 * <p>Two clients with the same user name may be two accounts, with other passwords and other rights, if servers see where each
 * of them comes from. So whatever was proved, learned or opened for one name counts for no other.
 *
 * @param user the user name
 * @param host the client's address, where servers are told it ({@code pool.proxy-protocol}); null where they see that of Sluice
 */
public record LoginName(String user, @Nullable InetAddress host) {
    /** Brings the address to the form in which servers compare it: IPv4 if it is that, and without a scope. */
    public LoginName {
        host = plain(host);
    }

    /** A user who comes from where Sluice runs, for all that servers know. */
    public static LoginName of(String user) {
        return new LoginName(user, null);
    }

    private static @Nullable InetAddress plain(@Nullable InetAddress address) {
        if (!(address instanceof Inet6Address)) {
            return address;
        }
        try {
            return InetAddress.getByAddress(address.getAddress());
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("an address of no length that there is", e);
        }
    }
}
