package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.packet.ErrPacket;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A process that may open few files: it says so, goes on with those it serves, and needs no restart when it may open more. */
@Timeout(120)
class FewDescriptorsIT {
    private static final int CAP = 6;
    private static final int FLOOD = 40;
    private static final String NOT_ACCEPTED = "a connection could not be accepted";

    /** For the process itself, and for each of the servers. */
    private static final int RESERVED = 128 + 8 * 3 + CAP * 3;

    private static String configuration(String transport) {
        return "transport: " + transport + "\npool:\n  max-connections-per-backend: " + CAP
                + "\n  primary-timeout: 3s\n  acquire-timeout: 3s\n";
    }

    private static List<RawClient> clients(SluiceProcess sluice, int count) throws IOException {
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            clients.add(RawClient.connect(sluice.port()));
        }
        return clients;
    }

    private static List<RawClient> sockets(SluiceProcess sluice, int count) throws IOException {
        List<RawClient> sockets = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            sockets.add(RawClient.open(sluice.port()));
        }
        return sockets;
    }

    private static void close(List<RawClient> clients) throws IOException {
        for (RawClient client : clients) {
            client.close();
        }
    }

    private static long notAccepted(SluiceProcess sluice) throws IOException {
        return sluice.log().lines().filter(line -> line.contains(NOT_ACCEPTED)).count();
    }

    /** What those are told who cannot begin a transaction, all at once. */
    private static List<String> begin(List<RawClient> clients) throws IOException {
        for (RawClient client : clients) {
            client.send(CommandType.COM_QUERY, "BEGIN".getBytes(StandardCharsets.US_ASCII));
        }
        List<String> told = new ArrayList<>();
        for (RawClient client : clients) {
            byte[] first = client.readResults().get(0);
            if (RawClient.first(first) == RawClient.ERR) {
                ErrPacket error = client.err(first);
                told.add(error.code() + " " + error.message());
            }
        }
        return told;
    }

    @ParameterizedTest
    @ValueSource(strings = {"epoll", "nio"})
    void withoutDescriptorsItWaitsForThemAndSaysSo(String transport) throws Exception {
        try (SluiceProcess sluice = SluiceProcess.startFromJars(
                List.of(), Servers.mysql(), "descriptors-" + transport, configuration(transport))) {
            List<RawClient> waiting = clients(sluice, CAP);
            RawClient busy = waiting.remove(0);
            assertThat(begin(List.of(busy))).isEmpty();
            sluice.limit("--nofile=" + sluice.descriptors() + ":");
            List<RawClient> flood = sockets(sluice, FLOOD);
            await().atMost(TestProxy.SOON).until(() -> notAccepted(sluice) > 0);

            Duration cpu = sluice.cpu();
            long began = System.nanoTime();
            List<String> told = begin(waiting);
            assertThat(told)
                    .isNotEmpty()
                    .allSatisfy(error -> assertThat(error)
                            .startsWith("1105")
                            .contains("no socket could be made", "Too many open files"));
            assertThat(busy.value("SELECT 5")).isEqualTo("5");
            await().pollDelay(Duration.ofSeconds(2)).until(() -> true);
            Duration elapsed = Duration.ofNanos(System.nanoTime() - began);
            assertThat(sluice.cpu().minus(cpu)).isLessThan(elapsed.dividedBy(2));
            assertThat(notAccepted(sluice)).isBetween(1L, 2 + elapsed.toSeconds() / 10);
            assertThat(sluice.log()).contains("raise the limit of open files").doesNotContain("exceptionCaught");

            close(flood);
            assertRecovers(sluice, busy, waiting);
        }
    }

    private static void assertRecovers(SluiceProcess sluice, RawClient busy, List<RawClient> waiting) throws Exception {
        int few = sluice.descriptors() + 2 * CAP;
        sluice.limit("--nofile=" + few + ":");
        for (RawClient client : waiting) {
            client.query("ROLLBACK");
        }
        // Everybody at once: no slot of the pool has been lost with the attempts.
        assertThat(begin(waiting)).isEmpty();
        assertThat(busy.value("SELECT 6")).isEqualTo("6");
        // A login needs one as well.
        busy.query("ROLLBACK");
        try (RawClient late = RawClient.connect(sluice.port())) {
            assertThat(late.value("SELECT 7")).isEqualTo("7");
        }
        busy.close();
        close(waiting);
        await().atMost(TestProxy.SOON).until(() -> sluice.metric("sluice_frontend_connections") == 0);
    }

    @Test
    void fewerClientsAreLetInThanConfiguredIfServersCouldNotBeReachedOtherwise() throws Exception {
        int limit = RESERVED + 100;
        try (SluiceProcess sluice = SluiceProcess.startFromJars(
                List.of("prlimit", "--nofile=" + limit + ":" + limit),
                Servers.mysql(),
                "descriptors-few",
                configuration("auto"))) {
            assertThat(sluice.log()
                            .lines()
                            .filter(line -> line.contains("fewer clients than limits.max-connections"))
                            .collect(Collectors.joining()))
                    .contains(
                            "\"openFilesMax\":" + limit,
                            "\"openFilesNeeded\":" + (RESERVED + 10_000),
                            "\"clients\":100");
            await().atMost(TestProxy.SOON).until(() -> sluice.metric("sluice_frontend_connections") == 0);
            List<RawClient> clients = clients(sluice, 100);
            try (RawClient refused = RawClient.open(sluice.port())) {
                assertThat(refused.err(refused.read()).code()).isEqualTo(1040);
            }
            for (RawClient client : clients) {
                assertThat(client.value("SELECT 1")).isEqualTo("1");
            }
            assertThat(begin(clients.subList(0, CAP))).isEmpty();
            assertThat(notAccepted(sluice)).isZero();
            close(clients);
        }
    }
}
