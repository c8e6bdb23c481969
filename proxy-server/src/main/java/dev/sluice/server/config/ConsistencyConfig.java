package dev.sluice.server.config;

import dev.sluice.router.session.Consistency;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;

/**
 * What reads on replicas may not miss. Immutable.
 *
 * @param mode what holds for everybody who is not named
 * @param byUser what holds for single users
 * @param causalWait how long a read may wait on a replica for what it may not miss; zero sends it to the primary at once
 * @param stickyAfterWrite how long reads stay on the primary after a write whose position is not known
 * @param othersWrite whether the servers are known to be written to around this proxy
 */
public record ConsistencyConfig(
        Consistency mode,
        Map<String, Consistency> byUser,
        Duration causalWait,
        Duration stickyAfterWrite,
        boolean othersWrite) {
    /** Rejects absent parts and copies the map. */
    public ConsistencyConfig {
        Objects.requireNonNull(mode, "mode");
        Objects.requireNonNull(causalWait, "causalWait");
        Objects.requireNonNull(stickyAfterWrite, "stickyAfterWrite");
        byUser = Map.copyOf(byUser);
    }

    /** What an absent section means. */
    public static ConsistencyConfig defaults() {
        return new ConsistencyConfig(
                ConfigKeys.ROUTING_CONSISTENCY.defaultValue(),
                Map.of(),
                ConfigKeys.ROUTING_CAUSAL_WAIT.defaultValue(),
                ConfigKeys.ROUTING_STICKY_AFTER_WRITE.defaultValue(),
                ConfigKeys.ROUTING_OTHERS_WRITE.defaultValue());
    }

    /** The same with another mode for everybody who is not named. */
    public ConsistencyConfig withMode(Consistency other) {
        return new ConsistencyConfig(other, byUser, causalWait, stickyAfterWrite, othersWrite);
    }

    /** The same with another time that reads may wait. */
    public ConsistencyConfig withCausalWait(Duration other) {
        return new ConsistencyConfig(mode, byUser, other, stickyAfterWrite, othersWrite);
    }

    /** What holds for a user. */
    public Consistency of(String user) {
        return byUser.getOrDefault(user, mode);
    }
}
