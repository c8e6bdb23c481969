package dev.sluice.router.sql;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import net.sf.jsqlparser.parser.AbstractJSqlParser.Dialect;
import net.sf.jsqlparser.parser.CCJSqlParser;
import net.sf.jsqlparser.parser.CCJSqlParserConstants;
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

    private static final int WARM_UP_ROUNDS = 20;
    private static final Duration WARM_UP_DEADLINE = Duration.ofSeconds(5);
    private static final String WARM_UP =
            "SELECT a.id, COUNT(*) AS c FROM a JOIN b ON a.id = b.id WHERE a.v IN (1, 2) AND b.n LIKE 'x'"
                    + " AND (a.t > NOW() OR a.v BETWEEN 1 AND 2) GROUP BY a.id HAVING c > 1 ORDER BY c DESC LIMIT 10";

    private final ThreadPoolExecutor pool;
    private final ScheduledThreadPoolExecutor watchdog;

    ReadParser(ClassifierLimits limits) {
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
        pool.execute(this::warmUp);
    }

    /** The first parse of a JVM takes longer than any deadline, because it loads the parser's classes. */
    private void warmUp() {
        byte[] text = WARM_UP.getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < WARM_UP_ROUNDS; i++) {
            parse(text, StandardCharsets.US_ASCII, LexicalMode.DEFAULT, WARM_UP_DEADLINE);
        }
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
    Verdict parse(byte[] statement, Charset javaCharset, LexicalMode mode, Duration deadline) {
        String text = StatementText.of(statement, javaCharset, mode, StatementText.Form.PARSER);
        CCJSqlParser parser;
        try {
            parser = new CCJSqlParser(ParserText.simplify(text));
        } catch (Throwable e) {
            return failure(e, false);
        }
        ScheduledFuture<?> alarm;
        try {
            alarm = watchdog.schedule(() -> parser.interrupted = true, deadline.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException closed) {
            return Verdict.BUSY;
        }
        try {
            parser.withDialect(Dialect.MYSQL).withAllowComplexParsing(true);
            Statement statementTree = parser.Statement();
            boolean consumed = parser.getToken(1).kind == CCJSqlParserConstants.EOF;
            boolean read = consumed && ReadConfirmer.isRead(statementTree);
            // An interrupted parser skips parts of the grammar: what it returns then means nothing.
            return parser.interrupted ? Verdict.BUSY : read ? Verdict.READ : Verdict.NO_READ;
        } catch (Throwable e) {
            return failure(e, parser.interrupted);
        } finally {
            alarm.cancel(false);
        }
    }

    /** The parser fails in many ways, overflow of the stack among them; all mean that nothing was confirmed. */
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
