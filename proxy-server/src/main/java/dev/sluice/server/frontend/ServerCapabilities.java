package dev.sluice.server.frontend;

import dev.sluice.protocol.Capabilities;
import dev.sluice.router.topology.ServerFacts;
import dev.sluice.router.topology.ServerFlavor;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the primary's version says that it can do beyond what every server can. Thread-safe: functions only. */
final class ServerCapabilities {
    private static final Pattern VERSION = Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3}).*", Pattern.DOTALL);
    private static final int OPTIONAL_METADATA_SINCE = number(8, 0, 3);
    private static final int QUERY_ATTRIBUTES_SINCE = number(8, 0, 23);

    private ServerCapabilities() {}

    /** The capability flags that a client of this server may be offered. */
    static int of(ServerFacts server) {
        Matcher version = VERSION.matcher(server.version());
        if (server.flavor() != ServerFlavor.MYSQL || !version.matches()) {
            return 0;
        }
        int number = number(part(version, 1), part(version, 2), part(version, 3));
        return (number >= OPTIONAL_METADATA_SINCE ? Capabilities.CLIENT_OPTIONAL_RESULTSET_METADATA : 0)
                | (number >= QUERY_ATTRIBUTES_SINCE ? Capabilities.CLIENT_QUERY_ATTRIBUTES : 0);
    }

    private static int part(Matcher version, int group) {
        return Integer.parseInt(version.group(group));
    }

    private static int number(int major, int minor, int patch) {
        return (major * 1000 + minor) * 1000 + patch;
    }
}
