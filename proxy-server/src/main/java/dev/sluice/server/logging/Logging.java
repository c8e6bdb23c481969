package dev.sluice.server.logging;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.Encoder;
import dev.sluice.server.admin.AuditLog;
import dev.sluice.server.config.LogConfig;
import dev.sluice.server.config.LogFormat;
import dev.sluice.server.config.LogLevel;
import java.io.OutputStream;
import java.time.ZoneId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The set-up of logback for this process. Thread-safe: logback's context is, and set-up and stop happen once each.
 *
 * <p>Lines are written by their own thread behind a bounded queue that never blocks: a terminal that somebody stopped
 * with Ctrl-S must not stop an event loop. What does not fit is dropped, less important events first.
 */
public final class Logging {
    private static final String OWN_LOGGERS = "dev.sluice";
    private static final int QUEUE_EVENTS_MAX = 8192;
    private static final int FLUSH_MILLIS_MAX = 2000;

    private Logging() {}

    /** Logs to standard output as configured, from now on. */
    public static void install(LogConfig config) {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            install(context, config, System.out, Terminal.ofStandardOutput());
        } else {
            // Only possible if somebody put a second SLF4J provider on the class path.
            throw new IllegalStateException("SLF4J is not bound to logback");
        }
    }

    /** Writes what is queued and stops logging. */
    public static void stop() {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            context.stop();
        }
    }

    static void install(LoggerContext context, LogConfig config, OutputStream out, Terminal terminal) {
        context.reset();
        OutputStreamAppender<ILoggingEvent> lines = lines(context, encoder(config, terminal), out);
        AsyncAppender queue = new AsyncAppender() {
            @Override
            protected boolean isDiscardable(ILoggingEvent event) {
                return super.isDiscardable(event) && !event.getLoggerName().equals(AuditLog.LOGGER_NAME);
            }
        };
        queue.setContext(context);
        queue.setName("queue");
        queue.setQueueSize(QUEUE_EVENTS_MAX);
        queue.setNeverBlock(true);
        queue.setMaxFlushTime(FLUSH_MILLIS_MAX);
        queue.addAppender(lines);
        queue.start();
        ch.qos.logback.classic.Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        // Libraries (Netty, Hikari, Connector/J) speak only when something is wrong, whatever our own level is:
        // their finer messages are not under our rule against SQL and passwords.
        root.setLevel(config.level() == LogLevel.ERROR ? Level.ERROR : Level.WARN);
        // One stack trace for each connection that a dead backend takes with it says nothing the monitor does not.
        context.getLogger("com.zaxxer.hikari").setLevel(Level.ERROR);
        root.addAppender(queue);
        context.getLogger(OWN_LOGGERS).setLevel(level(config.level()));
        // Nobody may hide a change by making the log quiet first.
        context.getLogger(AuditLog.LOGGER_NAME).setLevel(Level.INFO);
    }

    static OutputStreamAppender<ILoggingEvent> lines(
            LoggerContext context, Encoder<ILoggingEvent> encoder, OutputStream out) {
        encoder.setContext(context);
        encoder.start();
        OutputStreamAppender<ILoggingEvent> lines = new OutputStreamAppender<>();
        lines.setContext(context);
        lines.setName("lines");
        lines.setEncoder(encoder);
        lines.setOutputStream(new UnclosedStream(out));
        lines.start();
        return lines;
    }

    private static Encoder<ILoggingEvent> encoder(LogConfig config, Terminal terminal) {
        boolean debug = config.level().compareTo(LogLevel.DEBUG) >= 0;
        boolean text = config.format() == LogFormat.TEXT || (config.format() == LogFormat.AUTO && terminal.present());
        return text ? new TextEncoder(terminal.colour(), debug, ZoneId.systemDefault()) : new JsonLineEncoder(debug);
    }

    private static Level level(LogLevel level) {
        return switch (level) {
            case ERROR -> Level.ERROR;
            case WARN -> Level.WARN;
            case INFO -> Level.INFO;
            case DEBUG -> Level.DEBUG;
            case TRACE -> Level.TRACE;
        };
    }
}
