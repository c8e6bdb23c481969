package dev.sluice.server.config;

import dev.sluice.router.balance.BalancerKind;
import java.util.Objects;
import java.util.Optional;

/**
 * How reads are spread over the servers that may take them. Immutable.
 *
 * @param kind the balancer
 * @param client what a balancer that looks at clients tells them apart by
 * @param zone where this proxy stands; servers of the same zone are preferred
 * @param zoneOverload statements in flight from one event loop at which a server is overloaded and reads leave the zone
 */
public record BalanceConfig(BalancerKind kind, BalanceClient client, Optional<String> zone, int zoneOverload) {
    /** Rejects absent parts. */
    public BalanceConfig {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(client, "client");
        Objects.requireNonNull(zone, "zone");
    }

    /** What an absent section means. */
    public static BalanceConfig defaults() {
        return new BalanceConfig(
                ConfigKeys.ROUTING_BALANCE.defaultValue(),
                ConfigKeys.ROUTING_BALANCE_CLIENT.defaultValue(),
                Optional.empty(),
                ConfigKeys.ROUTING_ZONE_OVERLOAD.defaultValue());
    }
}
