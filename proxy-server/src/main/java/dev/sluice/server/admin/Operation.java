package dev.sluice.server.admin;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What an operator can ask for, whatever door the request came through: admin port, REST or command line. Immutable.
 *
 * <p>Backends are named by {@code host:port}.
 */
public sealed interface Operation {
    /** What can be listed. */
    enum View {
        BACKENDS,
        SESSIONS,
        POOLS,
        ROUTES,
        PINS,
        CONFIG,
        CONFIG_DIFF,
        CONFIG_HISTORY,
        EVENTS
    }

    /** What can be switched on and off while traffic runs. */
    enum Feature {
        READ_SPLITTING,
        MULTIPLEXING,
        CAUSAL_READS,
        RETRY
    }

    /** {@code SHOW ...}. */
    record Show(View view) implements Operation {}

    /**
     * {@code ADD BACKEND 'host:port' [WEIGHT n] [ZONE 'z'] [MAX CONNECTIONS n]}.
     *
     * @param weight null for the default
     * @param zone null for none
     * @param connectionsMax null for the default
     */
    record AddBackend(
            String address,
            @Nullable Integer weight,
            @Nullable String zone,
            @Nullable Integer connectionsMax) implements Operation {}

    /**
     * {@code DRAIN BACKEND 'host:port' [TIMEOUT seconds]}: no new work; idle sessions move, transactions may end.
     *
     * @param timeout null for the default
     */
    record DrainBackend(String address, @Nullable Duration timeout) implements Operation {}

    /** {@code RESUME BACKEND 'host:port'}. */
    record ResumeBackend(String address) implements Operation {}

    /** {@code REMOVE BACKEND 'host:port' [FORCE]}; {@code force} to remove the last one of a role, or most of them. */
    record RemoveBackend(String address, boolean force) implements Operation {}

    /** {@code SET BACKEND 'host:port' WEIGHT n}. */
    record SetWeight(String address, int weight) implements Operation {}

    /**
     * {@code SET BACKEND 'host:port' OFFLINE [FORCE]}: its connections end at once and it is not probed, until it is
     * resumed; {@code force} as with {@link RemoveBackend}.
     */
    record SetOffline(String address, boolean force) implements Operation {}

    /**
     * {@code SWITCHOVER TO 'host:port' [TIMEOUT seconds] [DRY RUN]}.
     *
     * @param timeout null for the default
     */
    record Switchover(String address, @Nullable Duration timeout, boolean dryRun) implements Operation {}

    /** {@code KILL n}: ends the client connection with that id; {@code queryOnly} ends only its statement. */
    record Kill(long sessionId, boolean queryOnly) implements Operation {}

    /** {@code PAUSE}: statements wait before they begin, transactions that run may end. */
    record Pause() implements Operation {}

    /** {@code RESUME}: the end of a pause. */
    record Resume() implements Operation {}

    /** {@code EXPLAIN ROUTE statement}. */
    record ExplainRoute(String statement) implements Operation {}

    /** {@code RELOAD [FORCE]}: reads the configuration file again; {@code force} as with {@link RemoveBackend}. */
    record Reload(boolean force) implements Operation {}

    /** {@code SET FEATURE name = on|off}. */
    record SetFeature(Feature feature, boolean on) implements Operation {}

    /**
     * {@code ROLLBACK CONFIG TO n [FORCE]}: the configuration of version n becomes a new version; {@code force} as with
     * {@link RemoveBackend}.
     */
    record RollbackConfig(long version, boolean force) implements Operation {}

    /** Whether it changes anything. */
    default boolean isChange() {
        return !(this instanceof Show) && !(this instanceof ExplainRoute);
    }
}
