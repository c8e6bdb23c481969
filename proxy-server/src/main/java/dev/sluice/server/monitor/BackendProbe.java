package dev.sluice.server.monitor;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * Reads role, replication and position of one server. Confined to the prober thread of its backend.
 *
 * <p>There is one implementation per way in which servers form a cluster. An instance belongs to one backend, so that it
 * may remember what need not be read or parsed again.
 */
public interface BackendProbe {
    /**
     * Asks the server, in one round trip once it is warm.
     *
     * @throws SQLException if the server cannot be reached or refuses what cannot be done without
     */
    ProbeReading read(Connection connection) throws SQLException;

    /** The collations of the server; {@link CollationCatalog#EMPTY} before the first reading. */
    CollationCatalog collations();
}
