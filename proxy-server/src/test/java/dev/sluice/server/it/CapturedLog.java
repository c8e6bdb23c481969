package dev.sluice.server.it;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.slf4j.event.KeyValuePair;

/** What Sluice logs while it is open. Thread-safe: a concurrent list. */
final class CapturedLog extends AppenderBase<ILoggingEvent> implements AutoCloseable {
    private final Logger logger = (Logger) LoggerFactory.getLogger("dev.sluice");
    private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();

    private final @Nullable Level before = logger.getLevel();

    CapturedLog() {
        logger.setLevel(Level.INFO);
        setContext(logger.getLoggerContext());
        start();
        logger.addAppender(this);
    }

    @Override
    protected void append(ILoggingEvent event) {
        events.add(event);
    }

    /** Messages with their keys and values, and with an exception if there is one. */
    List<String> lines() {
        return events.stream()
                .map(event -> {
                    StringBuilder line = new StringBuilder(event.getLevel() + " " + event.getFormattedMessage());
                    List<KeyValuePair> pairs = event.getKeyValuePairs();
                    Stream.ofNullable(pairs)
                            .flatMap(List::stream)
                            .forEach(pair -> line.append(' ')
                                    .append(pair.key)
                                    .append('=')
                                    .append(pair.value));
                    return event.getThrowableProxy() == null
                            ? line.toString()
                            : line + " " + event.getThrowableProxy().getClassName();
                })
                .toList();
    }

    @Override
    public void close() {
        logger.detachAppender(this);
        logger.setLevel(before);
        stop();
    }
}
