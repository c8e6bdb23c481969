package dev.sluice.server.switchover;

import java.util.Optional;

/**
 * The accounts of a switchover. Immutable.
 *
 * @param user changes roles; see the operations page for its grants
 * @param password its password
 * @param replication the account by which the old primary will replicate; empty to take the one that the new primary used,
 *     which MySQL tells and MariaDB does not
 * @param tlsRequired whether to refuse connections without TLS
 */
public record SwitchoverSettings(
        String user, String password, Optional<ReplicationAccount> replication, boolean tlsRequired) {
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
        return "SwitchoverSettings[user=" + user + ", tlsRequired=" + tlsRequired + "]";
    }
}
