package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.protocol.CommandType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that ask and do not read: what may be kept for all of them is bounded, and the rest of the clients is served. */
@Timeout(90)
class UnreadAnswersIT {
    private static final int MIB = 1 << 20;
    /** Each keeps between an eighth of a mebibyte and a quarter, and what one read has brought on top. */
    private static final int FIT = 5;

    /** Sixteen of them keep two mebibytes at least. */
    private static final int TOO_MANY = 30;

    private static final String GIBIBYTE =
            "SELECT REPEAT('x', 1048576) FROM information_schema.collations a, information_schema.collations b LIMIT 1024";

    private static void ask(RawClient client) throws IOException {
        String sql = "SELECT REPEAT('x', 1048576) FROM information_schema.collations LIMIT 40";
        client.send(CommandType.COM_QUERY, sql.getBytes(StandardCharsets.US_ASCII));
    }

    private static List<RawClient> unread(TestProxy proxy, int count) throws IOException {
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            RawClient client = proxy.raw();
            clients.add(client);
            ask(client);
            // From here on it takes nothing: in the order in which they came.
            assertThat(client.read()).hasSize(1);
        }
        return clients;
    }

    private static int sessions(TestProxy proxy) {
        return proxy.server().sessions().sessions();
    }

    @Test
    void whoTakesNothingForTheLongestTimeGoesWhenAllTogetherKeepTooMuch() throws Exception {
        try (TestProxy proxy =
                TestProxy.options().eventLoops(1).bufferedBytes(2 * MIB).start(Servers.mysql())) {
            List<RawClient> clients = unread(proxy, FIT);
            try (RawClient reader = proxy.raw()) {
                // It takes what it asks for, while the others do not: nobody has to go.
                ask(reader);
                assertThat(reader.readResults()).hasSize(43);
                assertThat(sessions(proxy)).isEqualTo(FIT + 1);

                clients.addAll(unread(proxy, TOO_MANY - FIT));
                await().atMost(TestProxy.SOON).until(() -> sessions(proxy) <= 17);
                ask(reader);
                assertThat(reader.readResults()).hasSize(43);
                assertThat(reader.value("SELECT 1")).isEqualTo("1");
                await().during(Duration.ofMillis(300))
                        .atMost(TestProxy.SOON)
                        .until(() -> sessions(proxy) >= FIT && sessions(proxy) <= 17);
                // Those who came first have waited longest.
                RawClient first = clients.get(0);
                assertThat(first.isClosedByServer()).isTrue();
                RawClient last = clients.get(TOO_MANY - 1);
                List<byte[]> rest = new ArrayList<>(List.of(last.read()));
                int unused = last.readRows(rest);
                assertThat(rest).hasSize(42);
                assertThat(last.value("SELECT 2")).isEqualTo("2");
            } finally {
                for (RawClient client : clients) {
                    client.close();
                }
            }
            proxy.awaitQuiet();
        }
    }

    @Test
    void whoTakesNothingForTooLongGoesAndWhoIsSlowStays() throws Exception {
        Duration limit = Duration.ofSeconds(3);
        try (TestProxy proxy = TestProxy.options().netWriteTimeout(limit).start(Servers.mysql())) {
            oneIsStuck(proxy, limit);
            proxy.awaitQuiet();
        }
    }

    private static void oneIsStuck(TestProxy proxy, Duration limit) throws IOException {
        try (RawClient slow = proxy.raw();
                RawClient patient = proxy.raw();
                RawClient stuck = proxy.raw()) {
            // As drivers do that read results bit by bit.
            assertThat(patient.query("SET net_write_timeout = 600")).hasSize(1);
            long start = System.nanoTime();
            for (RawClient client : List.of(slow, patient, stuck)) {
                client.send(CommandType.COM_QUERY, GIBIBYTE.getBytes(StandardCharsets.US_ASCII));
                assertThat(client.read()).hasSize(1);
            }
            await().atMost(TestProxy.SOON).pollInterval(Duration.ofMillis(200)).untilAsserted(() -> {
                // Far less than waits for it.
                assertThat(slow.read()).isNotEmpty();
                assertThat(sessions(proxy)).isEqualTo(2);
            });
            assertThat(System.nanoTime() - start).isGreaterThan(limit.toNanos());
            assertThat(slow.read()).isNotEmpty();
            assertThat(proxy.server().sessions().connections()).isEqualTo(2);
            assertThat(stuck.isClosedByServer()).isTrue();
            assertThat(patient.read()).isNotEmpty();
        }
    }
}
