package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.ProtocolException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Clients that take more memory than there is, within the limits of each: some of them are sent away, the others do not
 * notice, and when they have left everything is as before. The process would end when its heap were used up.
 */
@Timeout(120)
class ShortMemoryIT {
    private static final int UPLOADS = 100;
    private static final int UPLOAD = 900_000;
    private static final int COMMAND = 1_000_000;
    private static final int RUNNING = 80;
    private static final int HOARDERS = 700;
    private static final int HOARD = 30_000;

    private static SluiceProcess start(String name, String... options) throws IOException {
        List<String> all = new ArrayList<>(List.of(options));
        all.add("-XX:+ExitOnOutOfMemoryError");
        return SluiceProcess.start(Servers.mysql(), name, "", all.toArray(new String[0]));
    }

    private static void close(List<RawClient> clients) throws IOException {
        for (RawClient client : clients) {
            client.close();
        }
    }

    /** Whether ten clients in a row are let in; who is has his answer. */
    private static boolean serves(SluiceProcess sluice) throws IOException {
        for (int i = 0; i < 10; i++) {
            try (RawClient client = RawClient.open(sluice.port())) {
                if (!isLetIn(client)) {
                    return false;
                }
                assertThat(client.value("SELECT LENGTH('" + "x".repeat(UPLOAD) + "')"))
                        .isEqualTo("" + UPLOAD);
            }
        }
        return true;
    }

    private static void assertRecovers(SluiceProcess sluice) throws Exception {
        await().atMost(TestProxy.SOON).until(() -> sluice.metric("sluice_frontend_connections") <= 1);
        // What was freed is free when it has been collected.
        await().atMost(TestProxy.SOON).until(() -> serves(sluice));
        assertThat(sluice.isAlive()).isTrue();
        assertThat(sluice.log()).doesNotContain("OutOfMemoryError", "internal error");
    }

    @Test
    void commandsThatNeverEndMakeRoomForOthers() throws Exception {
        try (SluiceProcess sluice = start("uploads", "-Xmx96m", "-XX:MaxDirectMemorySize=32m");
                RawClient bystander = RawClient.connect(sluice.port())) {
            List<RawClient> uploads = new ArrayList<>();
            byte[] part = new byte[4 + UPLOAD];
            Arrays.fill(part, (byte) ' ');
            System.arraycopy(new byte[] {(byte) COMMAND, (byte) (COMMAND >> 8), COMMAND >> 16, 0, 3}, 0, part, 0, 5);
            for (int i = 0; i < UPLOADS; i++) {
                RawClient client = RawClient.connect(sluice.port());
                uploads.add(client);
                client.writeBytes(part);
                assertThat(bystander.value("SELECT " + i)).isEqualTo("" + i);
            }
            await().atMost(TestProxy.SOON)
                    .until(() -> sluice.metric("sluice_refusals_total{limit=\"buffered_bytes\"}") > 0);
            // Those who came last still have their place, and may end what they began.
            RawClient last = uploads.get(UPLOADS - 1);
            byte[] rest = new byte[COMMAND - UPLOAD];
            Arrays.fill(rest, (byte) ' ');
            last.writeBytes(rest);
            assertThat(last.err(last.read()).code()).isIn(1064, 1065);
            close(uploads);
            assertRecovers(sluice);
            assertThat(bystander.value("SELECT 1")).isEqualTo("1");
        }
    }

    /** Whether there was room for it; the greeting of one that is refused is an error. */
    private static boolean isLetIn(RawClient client) throws IOException {
        try {
            return RawClient.first(client.tryLogin()) == RawClient.OK;
        } catch (ProtocolException refused) {
            return false;
        }
    }

    /** What each ends with, none of them by waiting in vain: its answer, an error, or the end of its connection. */
    private static int answered(List<RawClient> clients) throws IOException {
        int answered = 0;
        for (RawClient client : clients) {
            try {
                answered += RawClient.first(client.readResults().get(0)) == RawClient.ERR ? 0 : 1;
            } catch (SocketTimeoutException e) {
                throw e;
            } catch (IOException ended) {
                // It was sent away.
            }
        }
        return answered;
    }

    @Test
    void statementsThatRunAndHoldMoreThanThereIsEndAndNobodyWaitsInVain() throws Exception {
        try (SluiceProcess sluice = start("running", "-Xmx96m", "-XX:MaxDirectMemorySize=24m")) {
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < RUNNING; i++) {
                clients.add(RawClient.connect(sluice.port()));
            }
            String sql = "SELECT SLEEP(2), LENGTH('" + "x".repeat(UPLOAD) + "')";
            for (RawClient client : clients) {
                try {
                    client.send(CommandType.COM_QUERY, sql.getBytes(StandardCharsets.US_ASCII));
                } catch (IOException sentAway) {
                    // What it is told is read below.
                }
            }
            assertThat(answered(clients)).isBetween(1, RUNNING - 1);
            close(clients);
            assertRecovers(sluice);
        }
    }

    @Test
    void variablesOfManySessionsMakeRoomForOthers() throws Exception {
        try (SluiceProcess sluice = start("hoarders", "-Xmx48m", "-XX:MaxDirectMemorySize=64m");
                RawClient bystander = RawClient.connect(sluice.port())) {
            List<RawClient> hoarders = new ArrayList<>();
            int refused = 0;
            for (int i = 0; i < HOARDERS; i++) {
                // Each has another value: equal ones are kept once.
                byte[] hoard = ("SET @hoard = '" + i + "x".repeat(HOARD) + "'").getBytes(StandardCharsets.US_ASCII);
                RawClient client = RawClient.open(sluice.port());
                hoarders.add(client);
                if (isLetIn(client)) {
                    client.send(CommandType.COM_QUERY, hoard);
                } else {
                    refused++;
                }
                assertThat(bystander.value("SELECT " + i)).isEqualTo("" + i);
            }
            assertThat(sluice.isAlive()).as(sluice.log()).isTrue();
            assertThat(refused).isPositive();
            assertThat(sluice.metric("sluice_refusals_total{limit=\"heap\"}")).isGreaterThanOrEqualTo(refused);
            assertThat(sluice.log()).contains("the heap is nearly used up: nobody is let in");
            close(hoarders);
            await().atMost(TestProxy.SOON).until(() -> sluice.log().contains("the heap has room again"));
            assertRecovers(sluice);
            assertThat(bystander.value("SELECT 1")).isEqualTo("1");
        }
    }
}
