package dev.sluice.server.config;

import java.util.Objects;
import java.util.Optional;

/**
 * The accounts of planned changes of the primary. Immutable.
 *
 * @param user the account that changes roles; empty for the monitor account
 * @param password its password; empty for none
 * @param replicationUser the account by which the old primary will replicate; empty to take what the replicas use
 * @param replicationPassword its password; empty for none
 */
public record SwitchoverConfig(
        Optional<String> user,
        Optional<Secret> password,
        Optional<String> replicationUser,
        Optional<Secret> replicationPassword) {
    /** Rejects absent parts with {@link NullPointerException}. */
    public SwitchoverConfig {
        Objects.requireNonNull(user, "user");
        Objects.requireNonNull(password, "password");
        Objects.requireNonNull(replicationUser, "replicationUser");
        Objects.requireNonNull(replicationPassword, "replicationPassword");
    }

    /** The monitor account, and the replication account that the replicas use. */
    public static SwitchoverConfig defaults() {
        return new SwitchoverConfig(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    }
}
