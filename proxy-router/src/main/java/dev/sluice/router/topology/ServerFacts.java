package dev.sluice.router.topology;

import org.jspecify.annotations.Nullable;

/**
 * What one server says about itself and what does not change while it runs. Immutable.
 *
 * @param version {@code @@version}, without the "5.5.5-" that MariaDB puts in front of it in greetings
 * @param flavor the family of software
 * @param serverId {@code @@server_id}
 * @param serverUuid {@code @@server_uuid}; null on MariaDB, which has none
 * @param defaultCollationId the id of {@code @@collation_server}
 * @param sqlMode the sql_mode that sessions start with
 * @param tracksGtids whether a session can learn the GTID of its own write, so that reads can wait for it
 * @param preparedStatementsMax {@code @@max_prepared_stmt_count}: statements prepared by all its clients together
 */
public record ServerFacts(
        String version,
        ServerFlavor flavor,
        long serverId,
        @Nullable String serverUuid,
        int defaultCollationId,
        String sqlMode,
        boolean tracksGtids,
        int preparedStatementsMax) {

    /** Whether both describe the same server instance, as far as its identifiers can tell. */
    public boolean isSameServer(ServerFacts other) {
        if (serverUuid != null && other.serverUuid != null) {
            return serverUuid.equals(other.serverUuid);
        }
        return flavor == other.flavor && serverId == other.serverId;
    }
}
