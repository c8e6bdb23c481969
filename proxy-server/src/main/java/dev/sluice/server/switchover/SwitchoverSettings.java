package dev.sluice.server.switchover;

import dev.sluice.server.tls.JdbcTls;
import java.util.Optional;

/**
 * The accounts of a switchover. Immutable.
 *
 * @param user changes roles; see the operations page for its grants
 * @param password its password
 * @param replication the account by which the old primary will replicate; empty to take the one that the new primary used,
 *     which MySQL tells and MariaDB does not
 * @param tls how connections are encrypted, and whom they trust
 */
public record SwitchoverSettings(String user, String password, Optional<ReplicationAccount> replication, JdbcTls tls) {
    /**
     * An account that replicas log in with. Immutable.
     *
     * @param user its name
     * @param password its password
     */
    public record ReplicationAccount(String user, String password) {
        @Override
        public String toString() {
            return "ReplicationAccount[user=" + user + "]";
        }
    }

    @Override
    public String toString() {
        return "SwitchoverSettings[user=" + user + "]";
    }
}
