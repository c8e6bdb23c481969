package dev.sluice.server.cli;

import dev.sluice.server.config.AccessList;
import dev.sluice.server.config.ProxyProtocol;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether a server takes the PROXY headers that {@code pool.proxy-protocol} has Sluice send. Immutable.
 *
 * @param mariaDb whether it is a MariaDB server; no other kind takes them
 * @param networks its {@code proxy_protocol_networks}; null if it has none
 * @param seen the host that it sees this process come from, an address or a name
 */
record HeaderTaking(boolean mariaDb, @Nullable String networks, String seen) {
    /** What it calls its own machine when no network is between. */
    private static final String SOCKETS = "localhost";

    /** What is wrong with it, as the rest of a line about the server. */
    Optional<String> problem(ProxyProtocol version) {
        if (version == ProxyProtocol.OFF) {
            return Optional.empty();
        }
        String sent = "pool.proxy-protocol is " + version.name().toLowerCase(Locale.ROOT) + ", but ";
        if (!mariaDb) {
            return Optional.of(
                    sent + "only MariaDB servers take such headers, and this is none: no client could log in here");
        }
        String listed = networks == null ? "" : networks;
        return covers(listed)
                ? Optional.empty()
                : Optional.of(sent + "the server takes no header from " + seen + ", so no client could log in here:"
                        + " proxy_protocol_networks is '" + listed
                        + "'; add the address of Sluice there, in the server's"
                        + " configuration or by SET GLOBAL proxy_protocol_networks");
    }

    private boolean covers(String listed) {
        return Arrays.stream(listed.split("[,\\s]+", -1))
                .filter(network -> !network.isEmpty() && !network.equalsIgnoreCase(SOCKETS))
                .anyMatch(this::isFrom);
    }

    private boolean isFrom(String network) {
        try {
            return AccessList.parse(network).contains(InetAddress.getByName(seen));
        } catch (IllegalArgumentException | UnknownHostException e) {
            return false;
        }
    }
}
