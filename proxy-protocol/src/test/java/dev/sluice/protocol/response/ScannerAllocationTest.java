package dev.sluice.protocol.response;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.sluice.protocol.testing.ResponseBytes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** The data path promises not to allocate; the virtual machine's own count of this thread's bytes tells. */
class ScannerAllocationTest {
    private static final int RESPONSES = 10_000;
    /** Far less than one byte for each response, so that one object for any of them fails. */
    private static final long NOISE_BYTES_MAX = 8_000;

    @Test
    void scanningAllocatesNothing() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        ByteBuf in = Unpooled.wrappedBuffer(new ResponseBytes(true)
                .resultSet(3, 20, 0x000A)
                .okWithState(2, "info", new byte[] {2, 1, '1'})
                .bytes());
        ResponseScanner scanner = new ResponseScanner();
        scan(scanner, in, RESPONSES);

        long before = threads.getCurrentThreadAllocatedBytes();
        long controls = scan(scanner, in, RESPONSES);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;

        assertThat(controls).isEqualTo(2L * RESPONSES);
        assertThat(allocated).isLessThan(NOISE_BYTES_MAX);
    }

    private static long scan(ResponseScanner scanner, ByteBuf in, int responses) {
        long controls = 0;
        for (int i = 0; i < responses; i++) {
            in.readerIndex(0);
            scanner.begin(ResponseShape.QUERY, true);
            while (!scanner.isComplete()) {
                if (scanner.next(in) != Step.RELAY) {
                    controls++;
                }
            }
        }
        return controls;
    }
}
