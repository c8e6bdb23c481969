package dev.sluice.server.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.testing.GoldenCapture;
import dev.sluice.server.it.MariaDbServer;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.ServerFlavor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Asks real servers everything that there is a capture of, and finds answers of the same make. With {@code
 * -Dsluice.captures.write=true} it writes the captures instead: {@code mvn -B verify -pl proxy-server -am -Dtest='NoSuch*'
 * -Dsurefire.failIfNoSpecifiedTests=false -Dit.test=CaptureIT -Dsluice.captures.write=true}. Servers of other versions than
 * those that were recorded get a folder of their own and have to be named in {@link GoldenCapture#SERVERS}.
 */
@Timeout(300)
class CaptureIT {
    private static final boolean WRITE = Boolean.getBoolean("sluice.captures.write");
    private static final Path CAPTURES = Path.of("../proxy-protocol/src/test/resources/captures");

    @Test
    void mySqlAnswersAsItDidWhenItWasRecorded() throws Exception {
        try (LocalCluster cluster =
                LocalCluster.builder().flavor(ServerFlavor.mysql()).replicas(0).start()) {
            answersAsRecorded(cluster);
        }
    }

    @Test
    void mariaDbAnswersAsItDidWhenItWasRecorded() throws Exception {
        MariaDbServer.requireInstalled(CaptureIT.class);
        try (LocalCluster cluster = LocalCluster.builder()
                .flavor(ServerFlavor.executable("mariadbd"))
                .replicas(0)
                .start()) {
            answersAsRecorded(cluster);
        }
    }

    private static void answersAsRecorded(LocalCluster cluster) throws IOException, SQLException {
        cluster.primary().execute(Exchanges.SCHEMA.toArray(String[]::new));
        cluster.primary().execute("FLUSH BINARY LOGS");
        // So that the server has the account in its cache and does without the whole exchange.
        cluster.primary().connect(Account.APP.user, Account.APP.password).close();
        List<String> problems = new ArrayList<>();
        for (Exchange exchange : Exchanges.of(cluster.version().vendor())) {
            Recording recording = Recording.of(cluster, exchange);
            if (WRITE) {
                write(cluster, recording);
            } else {
                compare(cluster, recording, problems);
            }
        }
        assertThat(problems).isEmpty();
    }

    private static void write(LocalCluster cluster, Recording recording) throws IOException {
        Path folder = Files.createDirectories(CAPTURES.resolve(Recording.folder(cluster)));
        String text = String.join("\n", recording.lines(cluster)) + "\n";
        Files.writeString(folder.resolve(recording.exchange().name() + ".txt"), text, StandardCharsets.UTF_8);
    }

    /** Other bytes are no problem, servers are not that constant; other packets are. */
    private static void compare(LocalCluster cluster, Recording recording, List<String> problems) {
        String name = recording.exchange().name();
        GoldenCapture capture = GoldenCapture.of(Recording.folder(cluster), name);
        recording.kinds().forEach((form, kinds) -> {
            if (!kinds.equals(capture.kinds(form))) {
                problems.add(name + ", " + form + ": recorded " + capture.kinds(form) + ", now " + kinds);
            }
        });
    }
}
