package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import dev.sluice.server.ProxyServer;
import dev.sluice.server.admin.RecordedLog;
import dev.sluice.server.config.ConfigLoader;
import dev.sluice.server.config.SluiceConfig;
import dev.sluice.server.localcluster.Accounts;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a running Sluice says and writes, at the finest level of its log, with secrets that can be recognized. */
@Timeout(120)
class SecretsIT {
    private static final String PLANTED = "Pl4nted";

    private static String text(Path directory, String suffix) {
        return """
                listen: 127.0.0.1:0
                state-dir: %s
                backends:
                  - address: "%s"
                monitor: {user: %s, password: %s}
                metrics: {listen: "127.0.0.1:0"}
                admin:
                  listen: "127.0.0.1:0"
                  user: op
                  password: %sPassword%s
                  token-file: token
                  switchover-user: switcher
                  switchover-password: %sSwitchover%s
                  replication-user: repl
                  replication-password: ${PLANTED_REPLICATION}
                """.formatted(
                        directory.resolve("state"),
                        Servers.mysql().primary().address(),
                        Accounts.MONITOR_USER,
                        Accounts.MONITOR_PASSWORD,
                        PLANTED,
                        suffix,
                        PLANTED,
                        suffix);
    }

    private static List<String> table(Statement statement, String sql) throws Exception {
        List<String> cells = new ArrayList<>();
        assertThat(statement.execute(sql)).isTrue();
        try (ResultSet rows = statement.getResultSet()) {
            while (rows.next()) {
                for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                    cells.add(rows.getMetaData().getColumnName(i) + "=" + rows.getString(i));
                }
            }
        }
        return cells;
    }

    private static String get(ProxyServer server, String path, String token) throws Exception {
        int port = Objects.requireNonNull(server.managementAddress()).getPort();
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header("Authorization", "Bearer " + token)
                .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private static Connection admin(ProxyServer server, String password) throws Exception {
        int port = Objects.requireNonNull(server.adminAddress()).getPort();
        return DriverManager.getConnection(
                "jdbc:mysql://127.0.0.1:" + port + "/?allowPublicKeyRetrieval=true", "op", password);
    }

    @Test
    void areNowhereInWhatIsShownLoggedAndKept() throws Exception {
        Path directory = Files.createTempDirectory(Servers.mysql().directory(), "secrets-");
        Path file = Files.writeString(directory.resolve("sluice.yaml"), text(directory, ""));
        Files.writeString(directory.resolve("token"), PLANTED + "Token\n");
        SluiceConfig config = new ConfigLoader(
                        name -> name.equals("PLANTED_REPLICATION") ? PLANTED + "Replication" : null)
                .load(file);
        List<String> said = new ArrayList<>();
        try (RecordedLog log = new RecordedLog("dev.sluice", Level.TRACE);
                ProxyServer server = ProxyServer.start(config, file)) {
            try (Connection connection = admin(server, PLANTED + "Password");
                    Statement statement = connection.createStatement()) {
                said.addAll(table(statement, "SHOW CONFIG"));
                assertThat(said).contains("value=******").contains("key=admin.switchover-password");
                // Everything that can change has changed: reloads tell what was before and what is now.
                Files.writeString(file, text(directory, "2").replace("${PLANTED_REPLICATION}", PLANTED + "R2"));
                Files.writeString(directory.resolve("token"), PLANTED + "Token2\n");
                said.addAll(table(statement, "RELOAD"));
                assertThat(String.join(" ", table(statement, "SHOW CONFIG DIFF")))
                        .contains("admin.password", "admin.token", "admin.replication-password")
                        .contains("restart");
                for (String view : List.of("CONFIG", "CONFIG DIFF", "CONFIG HISTORY", "EVENTS", "SESSIONS", "POOLS")) {
                    said.addAll(table(statement, "SHOW " + view));
                }
            }
            for (String path : List.of("config", "config/diff", "config/history", "events", "openapi.json")) {
                said.add(get(server, "/api/v1/" + path, PLANTED + "Token"));
            }
            said.add(get(server, "/metrics", ""));
            said.add(get(server, "/api/v1/config", PLANTED + "Wrong"));
            said.add(String.valueOf(catchLogin(server)));
            Files.writeString(file, text(directory, "3") + "  password: x\n");
            server.reload();
            said.addAll(log.lines());
        }
        assertThat(said).noneMatch(line -> line.contains(PLANTED));
        assertThat(said).noneMatch(line -> line.contains(Accounts.MONITOR_PASSWORD));
        try (Stream<Path> kept = Files.walk(directory.resolve("state"))) {
            for (Path path : kept.filter(Files::isRegularFile).toList()) {
                String content = Files.readString(path, StandardCharsets.ISO_8859_1);
                assertThat(content).as(path.toString()).doesNotContain(PLANTED, Accounts.MONITOR_PASSWORD);
            }
        }
    }

    private static Exception catchLogin(ProxyServer server) {
        try (Connection wrong = admin(server, PLANTED + "Wrong")) {
            throw new AssertionError("a wrong password was let in: " + wrong);
        } catch (Exception e) {
            return e;
        }
    }
}
