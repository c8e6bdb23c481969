package dev.sluice.server.config;

import java.util.Objects;
import java.util.Optional;

/**
 * Which statements may leave the primary and how they are spread. Immutable.
 *
 * @param readSplitting whether proven reads go to replicas at all
 * @param balance how they are spread
 * @param readYourWrites whether a session's reads wait for its own writes
 * @param zone where this proxy stands; servers of the same zone are preferred
 * @param classifier the bounds of the analysis of a statement
 */
public record RoutingConfig(
        boolean readSplitting,
        BalanceMethod balance,
        boolean readYourWrites,
        Optional<String> zone,
        ClassifierConfig classifier) {
    /** Rejects absent parts. */
    public RoutingConfig {
        Objects.requireNonNull(balance, "balance");
        Objects.requireNonNull(zone, "zone");
        Objects.requireNonNull(classifier, "classifier");
    }

    /** What an absent section means. */
    public static RoutingConfig defaults() {
        return new RoutingConfig(
                ConfigKeys.ROUTING_READ_SPLITTING.defaultValue(),
                ConfigKeys.ROUTING_BALANCE.defaultValue(),
                ConfigKeys.ROUTING_READ_YOUR_WRITES.defaultValue(),
                Optional.empty(),
                ClassifierConfig.defaults());
    }
}
