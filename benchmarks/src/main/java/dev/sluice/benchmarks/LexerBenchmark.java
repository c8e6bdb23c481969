package dev.sluice.benchmarks;

import dev.sluice.router.sql.LexicalMode;
import dev.sluice.router.sql.StatementLexer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does it cost to understand a statement, and does it allocate?
 *
 * <p>Decides whether every statement may be lexed on the event loop. It may as long as the time is a small part of what
 * a relayed statement costs anyway (some 10,000 ns of system calls) and nothing is allocated, which {@code -prof gc}
 * shows. The difference between {@link #direct} and {@link #heap} is the price of copying a statement out of native
 * memory; the baselines are that copy alone and the plainest loop over the same bytes.
 *
 * <p>Thread-safe: each thread of JMH has its own instance.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class LexerBenchmark {
    /** The statement that is read. */
    @Param
    public SampleStatement statement = SampleStatement.POINT_60_B;

    private final StatementLexer lexer = new StatementLexer();
    private ByteBuf heapBuffer = Unpooled.EMPTY_BUFFER;
    private ByteBuf directBuffer = Unpooled.EMPTY_BUFFER;
    private byte[] copy = {};

    /** Puts the statement where the benchmarks expect it. */
    @Setup
    public void fill() {
        byte[] bytes = statement.bytes();
        heapBuffer = Unpooled.wrappedBuffer(bytes);
        directBuffer = Unpooled.directBuffer(bytes.length).writeBytes(bytes);
        copy = new byte[bytes.length];
    }

    /** Frees native memory. */
    @TearDown
    public void release() {
        heapBuffer.release();
        directBuffer.release();
    }

    /** Lexer and fingerprint over bytes on the heap, which are read in place. */
    @Benchmark
    public long heap() {
        lexer.lex(heapBuffer, 0, heapBuffer.readableBytes(), LexicalMode.DEFAULT);
        return lexer.fingerprintLow() ^ lexer.traits();
    }

    /** Lexer and fingerprint over bytes in native memory, where a socket puts them. */
    @Benchmark
    public long direct() {
        lexer.lex(directBuffer, 0, directBuffer.readableBytes(), LexicalMode.DEFAULT);
        return lexer.fingerprintLow() ^ lexer.traits();
    }

    /** Baseline: the bytes copied from native memory and nothing else. */
    @Benchmark
    public byte[] baselineCopy() {
        directBuffer.getBytes(0, copy);
        return copy;
    }

    /** Baseline: every byte looked at once. */
    @Benchmark
    public int baselineLoop() {
        byte[] bytes = heapBuffer.array();
        int hash = 1;
        for (byte b : bytes) {
            hash = 31 * hash + b;
        }
        return hash;
    }
}
