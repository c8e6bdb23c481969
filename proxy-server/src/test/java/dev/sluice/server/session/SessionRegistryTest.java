package dev.sluice.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SessionRegistryTest {
    @Test
    void idsAreLargerThanAServersAndPositiveInThirtyTwoBits() {
        SessionRegistry registry = new SessionRegistry(1);
        assertThat(registry.nextId()).isEqualTo(1 << 30);
        assertThat(registry.nextId()).isEqualTo((1 << 30) + 1);
    }

    @Test
    void afterTheLastIdTheFirstComesAgain() {
        SessionRegistry registry = new SessionRegistry(1, Integer.MAX_VALUE);
        assertThat(registry.nextId()).isEqualTo(Integer.MAX_VALUE);
        assertThat(registry.nextId()).isEqualTo(1 << 30);
    }
}
