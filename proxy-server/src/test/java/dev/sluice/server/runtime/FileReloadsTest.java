package dev.sluice.server.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FileReloadsTest {
    @Test
    void whatCannotChangeWhileSluiceRunsNeedsARestart() {
        assertThat(FileReloads.effect("listen", "a:1", "a:2")).isEqualTo("needs a restart");
        assertThat(FileReloads.effect("pool.acquire-timeout", "10s", "5s")).isEqualTo("applied");
    }

    @Test
    void whatIsTakenBackNeedsNone() {
        assertThat(FileReloads.effect("listen", "a:1", "a:1")).isEqualTo("as it runs");
    }
}
