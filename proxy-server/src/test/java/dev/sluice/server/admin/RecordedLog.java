package dev.sluice.server.admin;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Collectors;
import org.slf4j.LoggerFactory;

/** What a logger is told from now on, as lines of text. Thread-safe: its queue is. */
public final class RecordedLog implements AutoCloseable {
    private final Logger logger;
    private final Level before;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            lines.add(line(event));
        }
    };

    /** Records a logger and all below it, from a level on. */
    public RecordedLog(String name, Level level) {
        logger = (Logger) LoggerFactory.getLogger(name);
        before = logger.getLevel();
        logger.setLevel(level);
        appender.setContext(logger.getLoggerContext());
        appender.start();
        logger.addAppender(appender);
    }

    private static String line(ILoggingEvent event) {
        String pairs = event.getKeyValuePairs() == null
                ? ""
                : event.getKeyValuePairs().stream()
                        .map(pair -> ' ' + pair.key + "=[" + pair.value + ']')
                        .collect(Collectors.joining());
        String error = event.getThrowableProxy() == null ? "" : ThrowableProxyUtil.asString(event.getThrowableProxy());
        return event.getLevel() + " " + event.getFormattedMessage() + pairs + error;
    }

    /** The lines since this was asked last. */
    public List<String> lines() {
        List<String> taken = new java.util.ArrayList<>();
        lines.drainTo(taken);
        return taken;
    }

    /** The next line, which may be on its way; waits for ten seconds at most. */
    public String next() throws InterruptedException {
        String line = lines.poll(10, java.util.concurrent.TimeUnit.SECONDS);
        return line == null ? "nothing" : line;
    }

    @Override
    public void close() {
        logger.detachAppender(appender);
        logger.setLevel(before);
        appender.stop();
    }
}
