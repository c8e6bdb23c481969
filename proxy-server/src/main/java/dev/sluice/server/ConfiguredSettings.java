package dev.sluice.server;

import dev.sluice.router.sql.ClassifierLimits;
import dev.sluice.server.backend.PoolSettings;
import dev.sluice.server.config.BalanceClient;
import dev.sluice.server.config.ClassifierConfig;
import dev.sluice.server.config.PoolConfig;
import dev.sluice.server.config.SluiceConfig;
import dev.sluice.server.config.TlsMode;
import dev.sluice.server.frontend.FrontendTransportSecurity;
import dev.sluice.server.session.SessionSettings;
import dev.sluice.server.tls.FrontendTls;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.internal.PlatformDependent;

/** Makes the settings of the parts out of a configuration. Functions only. */
final class ConfiguredSettings {
    private ConfiguredSettings() {}

    /** The texts of prepared statements may have one part in so many of the heap. */
    private static final int HEAP_SHARE = 8;

    /** What clients have not taken may have one part in so many of the memory outside of the heap. */
    private static final int DIRECT_SHARE = 2;

    /** Statements that wait may have one part in so many of it. */
    private static final int WAITING_SHARE = 4;

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
                Math.min(config.limits().preparedTexts(), Runtime.getRuntime().maxMemory() / HEAP_SHARE),
                Math.min(config.limits().bufferedBytes(), PlatformDependent.maxDirectMemory() / DIRECT_SHARE)
                        / config.process().effectiveEventLoops());
    }

    static PoolSettings pool(PoolConfig pool) {
        return new PoolSettings(pool.idleTimeout(), pool.maxAge(), pool.acquireTimeout());
    }

    /** Memory for statements that wait, in bytes. */
    static int waitingBytesMax(PoolConfig pool) {
        return (int) Math.min(pool.waiting().bytesMax(), PlatformDependent.maxDirectMemory() / WAITING_SHARE);
    }

    static WriteBufferWaterMark waterMark(int bytes) {
        return new WriteBufferWaterMark(bytes / 2, bytes);
    }

    static FrontendTransportSecurity security(FrontendTls tls) {
        return new FrontendTransportSecurity(tls.sslContext().orElse(null), tls.mode() == TlsMode.REQUIRED);
    }
}
