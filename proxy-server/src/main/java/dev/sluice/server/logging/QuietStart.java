package dev.sluice.server.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.time.ZoneId;
import org.slf4j.Logger;

/**
 * The logging of a process that has not called {@link Logging#install}: warnings as text on standard error, so that
 * commands such as {@code check -o json} own standard output. Logback finds it as a service; without it, logback would
 * print every DEBUG message of every library. Immutable.
 */
public final class QuietStart extends ContextAwareBase implements Configurator {
    @Override
    public ExecutionStatus configure(LoggerContext context) {
        ch.qos.logback.classic.Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.WARN);
        context.getLogger("com.zaxxer.hikari").setLevel(Level.ERROR);
        root.addAppender(Logging.lines(context, new TextEncoder(false, false, ZoneId.systemDefault()), System.err));
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }
}
