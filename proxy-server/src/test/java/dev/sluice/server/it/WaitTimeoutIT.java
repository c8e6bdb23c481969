package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.CommandType;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A session is as patient with its client as the client has asked for. */
@Timeout(60)
class WaitTimeoutIT {
    private static final int PATIENCE_OVER = 4031;

    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        proxy = TestProxy.start(Servers.mysql());
    }

    @AfterAll
    static void stop() {
        proxy.close();
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    private static void say(RawClient client, String sql) throws IOException {
        List<byte[]> unused = client.query(sql);
    }

    @Test
    void anIdleClientIsSentAwayWhenItsWaitTimeoutIsOver() throws IOException {
        try (RawClient client = proxy.raw()) {
            say(client, "SET wait_timeout = 1");
            // The time counts from the end of an answer.
            say(client, "SELECT SLEEP(2)");
            say(client, "SELECT 1");
            long answered = System.nanoTime();
            client.expectSequence(0);
            assertThat(client.err(client.read()).code()).isEqualTo(PATIENCE_OVER);
            assertThat(System.nanoTime() - answered).isGreaterThan(900_000_000L);
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @Test
    void theSettingEndsWithAReset() throws IOException {
        try (RawClient patient = proxy.raw();
                RawClient hasty = proxy.raw()) {
            say(patient, "SET wait_timeout = 1");
            assertThat(RawClient.first(patient.ask(CommandType.COM_RESET_CONNECTION, new byte[0])))
                    .isEqualTo(RawClient.OK);
            say(hasty, "SET wait_timeout = 1");
            assertThat(hasty.isClosedByServer()).isTrue();
            assertThat(patient.value("SELECT 1")).isEqualTo("1");
        }
    }
}
