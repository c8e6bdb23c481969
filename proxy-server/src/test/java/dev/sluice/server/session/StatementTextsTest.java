package dev.sluice.server.session;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.backend.TextDigest;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class StatementTextsTest {
    private static final int OTHERS = StatementTexts.STATEMENT_BYTES;

    private final StatementTexts texts = new StatementTexts();

    private StatementTexts.@Nullable Text take(String sql, long max) {
        byte[] bytes = sql.getBytes(StandardCharsets.US_ASCII);
        return texts.take(TextDigest.of(bytes), bytes, max);
    }

    @Test
    void equalTextsAreKeptOnceForAsLongAsOneIsUsed() {
        StatementTexts.Text one = requireNonNull(take("SELECT 1", 10_000));
        StatementTexts.Text two = requireNonNull(take("SELECT 1", 10_000));
        assertThat(two.sql()).isSameAs(one.sql());
        assertThat(texts.bytes()).isEqualTo(8 + 2 * OTHERS);
        texts.release(one);
        assertThat(texts.size()).isEqualTo(1);
        assertThat(texts.bytes()).isEqualTo(8 + OTHERS);
        texts.release(two);
        assertThat(texts.size()).isZero();
        assertThat(texts.bytes()).isZero();
        assertThat(requireNonNull(take("SELECT 1", 10_000)).sql()).isNotSameAs(one.sql());
    }

    @Test
    void theBoundIsReachedAndNotPassed() {
        long bound = 10 + 2 * OTHERS;
        assertThat(take("12345", bound)).isNotNull();
        assertThat(take("123456", bound)).isNull();
        assertThat(texts.bytes()).isEqualTo(5 + OTHERS);
        StatementTexts.Text second = requireNonNull(take("abcde", bound));
        assertThat(texts.bytes()).isEqualTo(bound);
        // Even what is known takes something.
        assertThat(take("12345", bound)).isNull();
        assertThat(texts.tryReserve(1, bound)).isFalse();
        texts.release(second);
        assertThat(take("12345", bound)).isNotNull();
        assertThat(texts.tryReserve(5, bound)).isTrue();
    }
}
