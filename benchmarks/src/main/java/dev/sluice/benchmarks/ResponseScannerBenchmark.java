package dev.sluice.benchmarks;

import dev.sluice.protocol.Packets;
import dev.sluice.protocol.response.ResponseScanner;
import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.protocol.response.Step;
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
 * What does it cost to know where a response ends, compared with copying it and with making an object of each packet?
 *
 * <p>Decides that responses are scanned in place and forwarded as whole slices: as long as {@link #scan} stays below the
 * baseline that copies the bytes once, knowing the end is cheaper than the relay itself, and {@code -prof gc} has to show
 * nothing allocated. {@link #onePacketAtATime} is the way not taken: one slice for every row.
 *
 * <p>Thread-safe: each thread of JMH has its own instance.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class ResponseScannerBenchmark {
    private static final int READ_BYTES = 2048;

    /** The response that is scanned. */
    @Param
    public SampleResult result = SampleResult.ONE_ROW;

    private final ResponseScanner scanner = new ResponseScanner();
    private ByteBuf response = Unpooled.EMPTY_BUFFER;
    private byte[] copy = {};

    /** Makes the response. */
    @Setup
    public void fill() {
        response = result.response();
        copy = new byte[response.readableBytes()];
    }

    /** Frees native memory. */
    @TearDown
    public void release() {
        response.release();
    }

    /** The whole response in one buffer, up to its end. */
    @Benchmark
    public long scan() {
        scanner.begin(ResponseShape.QUERY, true);
        response.readerIndex(0);
        while (!scanner.isComplete()) {
            requireProgress(scanner.next(response));
        }
        return scanner.rows() + scanner.status();
    }

    /** The same with one retained slice for each run of bytes that is relayed, as the data path forwards them. */
    @Benchmark
    public long scanAndForwardSlices() {
        scanner.begin(ResponseShape.QUERY, true);
        response.readerIndex(0);
        long forwarded = 0;
        while (!scanner.isComplete()) {
            int start = response.readerIndex();
            requireProgress(scanner.next(response));
            forwarded += forward(start, response.readerIndex() - start);
        }
        return forwarded;
    }

    /** The response in pieces of 2 KiB, as small receive buffers deliver it. */
    @Benchmark
    public long scanInPieces() {
        scanner.begin(ResponseShape.QUERY, true);
        int end = response.writerIndex();
        response.readerIndex(0);
        int limit = 0;
        while (!scanner.isComplete()) {
            limit = Math.min(end, limit + READ_BYTES);
            response.writerIndex(limit);
            while (!scanner.isComplete() && scanner.next(response) != Step.NEED_MORE) {
                // All that is there.
            }
        }
        response.writerIndex(end);
        return scanner.rows() + scanner.status();
    }

    /** The way not taken: each packet on its own, as an object. */
    @Benchmark
    public long onePacketAtATime() {
        long forwarded = 0;
        int end = response.writerIndex();
        int index = 0;
        while (index < end) {
            int length = Packets.HEADER_LENGTH + response.getUnsignedMediumLE(index);
            forwarded += forward(index, length);
            index += length;
        }
        return forwarded;
    }

    /** Baseline: the bytes copied once and not looked at. */
    @Benchmark
    public byte[] baselineCopy() {
        response.getBytes(0, copy);
        return copy;
    }

    /** Baseline: from header to header in the plainest loop. */
    @Benchmark
    public int baselineHeaders() {
        int end = response.writerIndex();
        int packets = 0;
        for (int index = 0; index < end; packets++) {
            index += Packets.HEADER_LENGTH + response.getUnsignedMediumLE(index);
        }
        return packets;
    }

    private int forward(int index, int length) {
        ByteBuf slice = response.retainedSlice(index, length);
        int bytes = slice.readableBytes();
        slice.release();
        return bytes;
    }

    private static void requireProgress(Step step) {
        if (step == Step.NEED_MORE) {
            throw new IllegalStateException("the scanner wants more than the whole response");
        }
    }
}
