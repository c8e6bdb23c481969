package dev.sluice.server.config;

import java.util.Objects;

/**
 * Which statements may leave the primary and how they are spread. Immutable.
 *
 * @param readSplitting whether proven reads go to replicas at all
 * @param balance how they are spread
 * @param consistency what reads on replicas may not miss
 * @param classifier the bounds of the analysis of a statement
 */
public record RoutingConfig(
        boolean readSplitting, BalanceConfig balance, ConsistencyConfig consistency, ClassifierConfig classifier) {
    /** Rejects absent parts. */
    public RoutingConfig {
        Objects.requireNonNull(balance, "balance");
        Objects.requireNonNull(consistency, "consistency");
        Objects.requireNonNull(classifier, "classifier");
    }

    /** What an absent section means. */
    public static RoutingConfig defaults() {
        return new RoutingConfig(
                ConfigKeys.ROUTING_READ_SPLITTING.defaultValue(),
                BalanceConfig.defaults(),
                ConsistencyConfig.defaults(),
                ClassifierConfig.defaults());
    }
}
