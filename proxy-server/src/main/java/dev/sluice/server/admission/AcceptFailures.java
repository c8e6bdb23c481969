package dev.sluice.server.admission;

import dev.sluice.server.logging.RateLimitedLog;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * What a listener does when a connection cannot be accepted, because the process may open no more files or has no memory: it
 * says so, and tries again after a moment. The kernel keeps those who wait meanwhile. Trying on would be a loop that takes a
 * whole CPU, because a listener from which nothing is accepted stays ready. Thread-safe: it has no state but a log that is.
 */
@ChannelHandler.Sharable
public final class AcceptFailures extends ChannelInboundHandlerAdapter {
    private static final Logger LOGGER = LoggerFactory.getLogger(AcceptFailures.class);
    private static final RateLimitedLog LIMITED =
            new RateLimitedLog(LOGGER, 1, Duration.ofSeconds(10), System::nanoTime);
    private static final long PAUSE_MILLIS = 500;

    private static final String ADVICE =
            "descriptors: raise the limit of open files (ulimit -n, LimitNOFILE) or lower limits.max-connections;"
                    + " memory: lower limits.max-connections or give it more";

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // the loop ends with the listener
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        Channel listener = context.channel();
        listener.config().setAutoRead(false);
        listener.eventLoop().schedule(() -> listener.config().setAutoRead(true), PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        LIMITED.at(Level.ERROR, "a connection could not be accepted; trying again twice a second")
                .addKeyValue("listen", listener.localAddress())
                .addKeyValue("problem", String.valueOf(cause.getMessage()))
                .addKeyValue("openFilesMax", Descriptors.max())
                .addKeyValue("advice", ADVICE)
                .log();
    }
}
