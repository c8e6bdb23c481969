package dev.sluice.router.sql;

import java.nio.charset.Charset;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import net.sf.jsqlparser.parser.AbstractJSqlParser.Dialect;
import net.sf.jsqlparser.parser.CCJSqlParser;
import net.sf.jsqlparser.statement.Statement;

/**
 * Runs JSqlParser over read candidates on a few threads of its own, each statement under a deadline. Thread-safe: every
 * parse has its own parser; the pools guard themselves.
 */
final class ReadParser implements AutoCloseable {
    /** What the parser says about a candidate. */
    enum Verdict {
        READ,
        NO_READ,
        /** Out of time: nothing is known. */
        BUSY
    }

    private static final long STACK_BYTES = 16L * 1024 * 1024;

    private final ThreadPoolExecutor pool;
    private final ScheduledThreadPoolExecutor watchdog;
    private final Duration deadline;

    ReadParser(ClassifierLimits limits) {
        deadline = limits.parseDeadline();
        pool = new ThreadPoolExecutor(
                limits.parserThreads(),
                limits.parserThreads(),
                10,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(limits.parserQueueMax()),
                task -> daemon(task, "sluice-parser", STACK_BYTES));
        pool.allowCoreThreadTimeOut(true);
        watchdog = new ScheduledThreadPoolExecutor(1, task -> daemon(task, "sluice-parser-watchdog", 0));
        watchdog.setRemoveOnCancelPolicy(true);
    }

    private static Thread daemon(Runnable task, String name, long stackBytes) {
        Thread thread = new Thread(null, task, name, stackBytes);
        thread.setDaemon(true);
        return thread;
    }

    /** Runs a task on a parser thread; false if the queue is full or the parser is closed. */
    boolean submit(Runnable task) {
        try {
            pool.execute(task);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    /** Parses on the calling thread, which must have a deep stack. */
    Verdict parse(byte[] statement, Charset javaCharset, LexicalMode mode) {
        String text = StatementText.of(statement, javaCharset, mode, StatementText.Form.PARSER);
        return parse(text);
    }

    // The parser fails with errors of many kinds, StackOverflowError among them; all mean "not confirmed".
    @SuppressWarnings("CatchAndPrintStackTrace")
    private Verdict parse(String text) {
        ScheduledFuture<?> alarm = null;
        CCJSqlParser parser;
        try {
            parser = new CCJSqlParser(ParserText.simplify(text));
        } catch (Throwable e) {
            return failure(e, false);
        }
        try {
            parser.withDialect(Dialect.MYSQL).withAllowComplexParsing(true);
            alarm = watchdog.schedule(() -> parser.interrupted = true, deadline.toNanos(), TimeUnit.NANOSECONDS);
            Statement statement = parser.Statement();
            boolean consumed = parser.getToken(1).kind == 0;
            return consumed && ReadConfirmer.isRead(statement) ? Verdict.READ : Verdict.NO_READ;
        } catch (Throwable e) {
            return failure(e, parser.interrupted);
        } finally {
            if (alarm != null) {
                alarm.cancel(false);
            }
        }
    }

    private static Verdict failure(Throwable e, boolean interrupted) {
        if (e instanceof OutOfMemoryError error) {
            throw error;
        }
        return interrupted ? Verdict.BUSY : Verdict.NO_READ;
    }

    @Override
    public void close() {
        pool.shutdownNow();
        watchdog.shutdownNow();
    }
}
