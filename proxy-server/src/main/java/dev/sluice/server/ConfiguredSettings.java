package dev.sluice.server;

import dev.sluice.router.sql.ClassifierLimits;
import dev.sluice.server.backend.PoolSettings;
import dev.sluice.server.config.BalanceClient;
import dev.sluice.server.config.ClassifierConfig;
import dev.sluice.server.config.PoolConfig;
import dev.sluice.server.config.SluiceConfig;
import dev.sluice.server.session.SessionSettings;
import io.netty.channel.WriteBufferWaterMark;

/** Makes the settings of the parts out of a configuration. Functions only. */
final class ConfiguredSettings {
    private ConfiguredSettings() {}

    /** The texts of prepared statements may have one part in so many of the heap. */
    private static final int HEAP_SHARE = 8;

    static ClassifierLimits classifier(ClassifierConfig config) {
        return new ClassifierLimits(
                config.parseCacheEntries(),
                config.parseBytesMax(),
                ClassifierLimits.DEFAULT.parseDepthMax(),
                config.parseDeadline(),
                ClassifierLimits.DEFAULT.parserThreads(),
                ClassifierLimits.DEFAULT.parserQueueMax());
    }

    static SessionSettings session(SluiceConfig config) {
        return new SessionSettings(
                config.routing().readSplitting(),
                config.routing().balance().client() == BalanceClient.USER,
                config.routing().consistency(),
                config.pool().waiting().primaryTimeout(),
                config.limits().preparedStatementsMax(),
                Math.min(config.limits().preparedTexts(), Runtime.getRuntime().maxMemory() / HEAP_SHARE));
    }

    static PoolSettings pool(PoolConfig pool) {
        return new PoolSettings(pool.idleTimeout(), pool.maxAge(), pool.acquireTimeout());
    }

    static WriteBufferWaterMark waterMark(int bytes) {
        return new WriteBufferWaterMark(bytes / 2, bytes);
    }
}
