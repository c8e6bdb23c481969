package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.sluice.server.localcluster.FreePorts;
import dev.sluice.server.localcluster.LocalServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Nothing can be written: neither what operators change nor the log. Clients do not notice. */
@Timeout(120)
class FullDiskIT {
    private static final String TO_A_FULL_DISK = "exec \"$@\" > /dev/full 2>&1";

    private final int adminPort = FreePorts.pick();

    private String configuration() {
        return "admin:\n  listen: 127.0.0.1:" + adminPort + "\n  user: op\n  password: full-disk\n";
    }

    private Connection admin() throws SQLException {
        return DriverManager.getConnection(
                "jdbc:mysql://127.0.0.1:" + adminPort + "/?allowPublicKeyRetrieval=true", "op", "full-disk");
    }

    private static void assertServes(SluiceProcess sluice) throws IOException {
        try (RawClient client = RawClient.connect(sluice.port())) {
            assertThat(client.value("SELECT 1")).isEqualTo("1");
            assertThat(client.value("SELECT 2 FOR UPDATE")).isEqualTo("2");
        }
    }

    @Test
    void aChangeThatCannotBeSavedIsRefusedAndTheNextOneIsSaved() throws Exception {
        LocalServer replica = Servers.mysql().replicas().get(0);
        String weigh = "SET BACKEND '" + replica.address() + "' WEIGHT ";
        try (SluiceProcess sluice = SluiceProcess.start(Servers.mysql(), "full", configuration());
                Connection admin = admin()) {
            Path directory = Servers.mysql().directory().resolve("full-state");
            Path file = directory.resolve("runtime-config.yaml");
            Sql.run(admin, weigh + 5);
            byte[] before = Files.readAllBytes(file);

            sluice.limit("--fsize=0:");
            assertThatExceptionOfType(SQLException.class)
                    .isThrownBy(() -> Sql.run(admin, weigh + 7))
                    .withMessageContaining("nothing has changed")
                    .withMessageContaining(file + ": File too large");
            assertThat(file).hasBinaryContent(before);
            assertThat(weight(admin, replica)).isEqualTo("5");
            try (var left = Files.list(directory)) {
                assertThat(left).noneMatch(path -> path.toString().endsWith(".new"));
            }
            assertServes(sluice);
            int logged = sluice.log().length();

            sluice.limit("--fsize=unlimited:");
            Sql.run(admin, weigh + 8);
            assertThat(weight(admin, replica)).isEqualTo("8");
            assertThat(Files.readString(file)).contains("weight: 8");
            await().atMost(TestProxy.SOON)
                    .until(() -> sluice.log().substring(logged).contains("WEIGHT 8"));
            assertThat(sluice.stop()).isTrue();
        }
    }

    private static String weight(Connection admin, LocalServer server) throws SQLException {
        try (Statement statement = admin.createStatement();
                ResultSet rows = statement.executeQuery("SHOW BACKENDS")) {
            while (rows.next()) {
                if (rows.getString("address").equals(server.address())) {
                    return rows.getString("weight");
                }
            }
            return "no such backend";
        }
    }

    @Test
    void aLogThatCannotBeWrittenStopsNothing() throws Exception {
        try (SluiceProcess sluice = SluiceProcess.startUnder(
                List.of("sh", "-c", TO_A_FULL_DISK, "sh"), Servers.mysql(), "full-log", configuration())) {
            for (int i = 0; i < 50; i++) {
                try (RawClient wrong = RawClient.open(sluice.port())) {
                    // Leaves a line in the log.
                    wrong.writeBytes("GET / HTTP/1.0\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
                }
            }
            assertServes(sluice);
            assertThat(sluice.log()).isEmpty();
            assertThat(sluice.stop()).isTrue();
        }
    }
}
