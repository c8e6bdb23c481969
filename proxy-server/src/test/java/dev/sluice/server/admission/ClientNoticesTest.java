package dev.sluice.server.admission;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How many lines of the log somebody can cause who sends nonsense. */
class ClientNoticesTest {
    private long nowNanos;
    private final ClientNotices notices = new ClientNotices(() -> nowNanos);

    private static InetAddress address(int last) {
        try {
            return InetAddress.getByAddress(new byte[] {10, 0, (byte) (last >> 8), (byte) last});
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private int linesOf(InetAddress from, int times) {
        int lines = 0;
        for (int i = 0; i < times; i++) {
            lines += notices.next(from) > 0 ? 1 : 0;
        }
        return lines;
    }

    @Test
    void anAddressHasSoManyLinesAtOnceAndThenOneInASecond() {
        assertThat(linesOf(address(1), 10_000)).isEqualTo(ClientNotices.BURST);
        nowNanos += Duration.ofSeconds(5).toNanos();
        assertThat(linesOf(address(1), 10_000)).isEqualTo(5);
    }

    @Test
    void theNextLineSaysHowManyWereLeftOut() {
        assertThat(notices.next(address(1))).isEqualTo(1);
        assertThat(linesOf(address(1), 1_000)).isEqualTo(ClientNotices.BURST - 1);
        nowNanos += Duration.ofSeconds(1).toNanos();
        assertThat(notices.next(address(1))).isEqualTo(1_000 - (ClientNotices.BURST - 1) + 1);
        assertThat(notices.next(null)).isEqualTo(1);
    }

    @Test
    void othersHaveTheirLinesWhateverOneDoes() {
        assertThat(linesOf(address(1), 100_000)).isEqualTo(ClientNotices.BURST);
        assertThat(notices.next(address(2))).isPositive();
    }

    @Test
    void manyAddressesHaveNoMoreThanSoManyTogether() {
        int lines = 0;
        for (int i = 0; i < 5_000; i++) {
            lines += linesOf(address(i), 2);
        }
        assertThat(lines).isEqualTo(ClientNotices.ALL_BURST);
        nowNanos += Duration.ofSeconds(2).toNanos();
        assertThat(linesOf(address(6_000), 50)).isEqualTo(2 * ClientNotices.ALL_PER_SECOND);
    }
}
