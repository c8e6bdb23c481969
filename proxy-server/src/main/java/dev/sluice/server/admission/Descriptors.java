package dev.sluice.server.admission;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.net.URL;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file descriptors that this process may have, and for how many clients they are enough. One is used up by each client, by
 * each connection to a server, and by much that nobody thinks of: jar files, event loops, the monitor. Whoever lets clients
 * take the last of them cannot reach servers any more. Thread-safe: functions without state.
 */
public final class Descriptors {
    private static final Logger LOGGER = LoggerFactory.getLogger(Descriptors.class);

    /** For the process itself and for operators. */
    private static final int OWN = 128;

    /** For each server: what the monitor, operators' questions and kills of statements take at most. */
    private static final int PER_BACKEND = 8;

    /** Clients have one part in so many, however much servers may take. */
    private static final int CLIENTS_SHARE = 4;

    private Descriptors() {}

    /** The limit of the process; as good as none where the system does not tell. */
    static long max() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
                ? system.getMaxFileDescriptorCount()
                : Long.MAX_VALUE;
    }

    /**
     * Has every jar file of the class path opened. Jars are opened when a class is looked for in them; a class that is needed for
     * the first time when there is no descriptor left would not be found, and that is not forgotten when there is one again.
     */
    public static void openClassPath() {
        URL nowhere = Descriptors.class.getClassLoader().getResource("dev/sluice/no-such-resource");
        LOGGER.debug("all jars are open, and {} is in none of them", nowhere);
    }

    /**
     * How many clients are let in: as many as wanted, or fewer if the limit of the process would not do, which is logged then.
     *
     * @param wanted {@code limits.max-connections}
     * @param backends how many servers there are
     * @param backendConnections what all pools together may have
     */
    public static int clientsMax(int wanted, int backends, long backendConnections) {
        long needed = reserved(backends, backendConnections) + wanted;
        int clients = clientsMax(wanted, backends, backendConnections, max());
        if (clients < wanted) {
            LOGGER.atWarn()
                    .addKeyValue("openFilesMax", max())
                    .addKeyValue("openFilesNeeded", needed)
                    .addKeyValue("wanted", wanted)
                    .addKeyValue("clients", clients)
                    .log(
                            "fewer clients than limits.max-connections are let in: the limit of open files is too low; raise it (ulimit -n, LimitNOFILE) or lower limits.max-connections");
        }
        return clients;
    }

    static int clientsMax(int wanted, int backends, long backendConnections, long descriptors) {
        long left = Math.max(descriptors - reserved(backends, backendConnections), descriptors / CLIENTS_SHARE);
        return (int) Math.min(wanted, Math.max(1, left));
    }

    private static long reserved(int backends, long backendConnections) {
        return OWN + (long) PER_BACKEND * backends + backendConnections;
    }
}
