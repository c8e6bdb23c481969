package dev.sluice.server.admission;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DescriptorsTest {
    @Test
    void whereThereAreEnoughAllAreLetIn() {
        assertThat(Descriptors.clientsMax(10_000, 3, 300, 10_452)).isEqualTo(10_000);
        assertThat(Descriptors.clientsMax(10_000, 3, 300, Long.MAX_VALUE)).isEqualTo(10_000);
    }

    @Test
    void oneTooFewIsOneClientLess() {
        assertThat(Descriptors.clientsMax(10_000, 3, 300, 10_451)).isEqualTo(9_999);
        assertThat(Descriptors.clientsMax(10_000, 3, 300, 1024)).isEqualTo(572);
    }

    @Test
    void serversDoNotLeaveNothingForClients() {
        assertThat(Descriptors.clientsMax(10_000, 10, 10_000, 1024)).isEqualTo(256);
        assertThat(Descriptors.clientsMax(10_000, 10, 10_000, 0)).isEqualTo(1);
        assertThat(Descriptors.clientsMax(50, 10, 10_000, 1024)).isEqualTo(50);
    }

    @Test
    void theSystemTells() {
        assertThat(Descriptors.max()).isGreaterThan(10);
    }
}
