package dev.sluice.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.Packets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PacketRecutterTest {
    private static final int MAX = Packets.MAX_PAYLOAD_LENGTH;
    private static final int HEAD = 1000;

    private final PacketRecutter recutter = new PacketRecutter(UnpooledByteBufAllocator.DEFAULT);
    private final SplittableRandom random = new SplittableRandom(7);
    private final List<Integer> lengths = new ArrayList<>();
    private long written;
    private int left;

    /** Checks what comes out: headers in order, and bytes that count up. */
    private void check(ByteBuf out) {
        while (out.isReadable()) {
            if (left == 0) {
                left = out.readUnsignedMediumLE();
                assertThat(out.readUnsignedByte()).isEqualTo((short) (lengths.size() & 0xFF));
                lengths.add(left);
            } else {
                if (out.readByte() != (byte) written++) {
                    throw new AssertionError("byte " + (written - 1));
                }
                left--;
            }
        }
        out.release();
    }

    private static ByteBuf counting(long from, int length) {
        ByteBuf bytes = Unpooled.buffer(length);
        for (int i = 0; i < length; i++) {
            bytes.writeByte((byte) (from + i));
        }
        return bytes;
    }

    @ParameterizedTest
    @CsvSource({
        "2000, 2",
        "2000, 131070",
        "16777212, 2",
        "16777213, 2",
        "16777214, 2",
        "16777215, 2",
        "16777216, 9000",
        "33554429, 2",
        "33554430, 2"
    })
    void theBytesStayAndThePacketsAreThoseOfTheLongerCommand(int payload, int more) {
        int first = Math.min(payload, MAX);
        recutter.packet(first, more);
        long from = (long) HEAD + more;
        check(recutter.payload(counting(0, HEAD + more)));
        int inPacket = first - HEAD;
        int rest = payload - first;
        boolean last = first < MAX;
        while (true) {
            while (inPacket > 0) {
                int part = Math.min(inPacket, 1 + random.nextInt(100_000));
                check(recutter.payload(counting(from, part)));
                from += part;
                inPacket -= part;
            }
            if (last) {
                break;
            }
            inPacket = Math.min(rest, MAX);
            rest -= inPacket;
            last = inPacket < MAX;
            recutter.packet(inPacket, 0);
            check(recutter.packed());
        }
        long whole = (long) payload + more;
        assertThat(written).isEqualTo(whole);
        assertThat(left).isZero();
        List<Integer> expected = new ArrayList<>();
        for (; whole >= MAX; whole -= MAX) {
            expected.add(MAX);
        }
        expected.add((int) whole);
        assertThat(lengths).isEqualTo(expected);
        assertThat(recutter.packets()).isEqualTo(expected.size());
        recutter.release();
    }
}
