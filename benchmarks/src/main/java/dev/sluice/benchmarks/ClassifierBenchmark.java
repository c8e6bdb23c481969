package dev.sluice.benchmarks;

import dev.sluice.router.Target;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.ClassifierLimits;
import dev.sluice.router.sql.LexicalMode;
import dev.sluice.router.sql.StatementClassifier;
import dev.sluice.router.sql.StatementLexer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import net.sf.jsqlparser.JSQLParserException;
import net.sf.jsqlparser.parser.CCJSqlParserUtil;
import net.sf.jsqlparser.statement.Statement;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does a routing decision cost when the statement is known, and what when it is not?
 *
 * <p>Decides where the parser runs and how large the cache must be. A hit has to cost hardly more than the lexer
 * ({@link LexerBenchmark}), since every statement pays it. A miss is worth several whole statements and therefore happens
 * on the parser's own threads; how often it may happen follows from its price. The baseline of the miss is JSqlParser
 * alone, that of the hit a look at every byte.
 *
 * <p>Thread-safe: each thread of JMH has its own instance.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class ClassifierBenchmark {
    private static final String WRITE = "UPDATE sbtest1 SET k = k + 1 WHERE id = 4711 AND tenant = 'a'";

    private final StatementLexer lexer = new StatementLexer();
    private final ByteBuf read = Unpooled.wrappedBuffer(SampleStatement.POINT_60_B.bytes());
    private final ByteBuf write = Unpooled.wrappedBuffer(WRITE.getBytes(StandardCharsets.UTF_8));
    private StatementClassifier classifier = new StatementClassifier(ClassifierLimits.DEFAULT);
    private int tables;

    /** Teaches the classifier the statements that are to hit. */
    @Setup
    public void learn() {
        classifier.close();
        classifier = new StatementClassifier(ClassifierLimits.DEFAULT);
        Classification decision = classifier.classifyBlocking(SampleStatement.POINT_60_B.bytes(), LexicalMode.DEFAULT);
        if (decision.target() != Target.REPLICA) {
            throw new IllegalStateException("the sample read is classified as " + decision);
        }
        classifier.classifyBlocking(WRITE.getBytes(StandardCharsets.UTF_8), LexicalMode.DEFAULT);
    }

    /** Stops the parser's threads. */
    @TearDown
    public void close() {
        classifier.close();
    }

    /** A read that the parser has confirmed before. */
    @Benchmark
    public Classification hitRead() {
        return known(read);
    }

    /** A write that was seen before. */
    @Benchmark
    public Classification hitWrite() {
        return known(write);
    }

    private Classification known(ByteBuf text) {
        @Nullable Classification found = classifier.lookup(lexer, text, 0, text.readableBytes(), LexicalMode.DEFAULT);
        return Objects.requireNonNull(found, "the statement is not known");
    }

    /** A read that nobody has seen: lexer, hand-over to the parser's thread, JSqlParser, entry in the full cache. */
    @Benchmark
    public Classification missWithParser() {
        return classifier.classifyBlocking(unseen().getBytes(StandardCharsets.UTF_8), LexicalMode.DEFAULT);
    }

    /** Baseline: JSqlParser alone on such a read. */
    @Benchmark
    public Statement baselineParser() throws JSQLParserException {
        return CCJSqlParserUtil.parse(unseen());
    }

    /** Baseline: every byte of the known read looked at once. */
    @Benchmark
    public int baselineLoop() {
        int hash = 1;
        for (byte b : read.array()) {
            hash = 31 * hash + b;
        }
        return hash;
    }

    /** The name of the table is part of a fingerprint, so each of these is new. */
    private String unseen() {
        return "SELECT c FROM table" + tables++ + " WHERE id = 4711 AND tenant = 'acme'";
    }
}
