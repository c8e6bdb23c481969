package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ch.qos.logback.classic.Level;
import dev.sluice.server.ProxyServer;
import dev.sluice.server.admin.AuditLog;
import dev.sluice.server.admin.RecordedLog;
import dev.sluice.server.config.ConfigLoader;
import dev.sluice.server.localcluster.Accounts;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is written of changes, by which door ever they come. */
@Timeout(60)
@SuppressWarnings("NullAway.Init")
class AuditIT {
    private static final String PASSWORD = "planted-password";
    private static final String TOKEN = "planted-token";

    private static Path file;
    private static ProxyServer server;

    private RecordedLog log;

    @BeforeAll
    static void start() throws Exception {
        Path directory = Files.createTempDirectory(Servers.mysql().directory(), "audit-");
        file = Files.writeString(directory.resolve("sluice.yaml"), text("10s"));
        server = ProxyServer.start(new ConfigLoader().load(file), file);
    }

    private static String text(String acquireTimeout) {
        return """
                listen: 127.0.0.1:0
                backends: [{address: "%s"}]
                monitor: {user: %s, password: %s}
                metrics: {listen: "127.0.0.1:0"}
                admin: {listen: "127.0.0.1:0", user: op, password: %s, token: %s}
                pool: {acquire-timeout: %s}
                """.formatted(
                        Servers.mysql().primary().address(),
                        Accounts.MONITOR_USER,
                        Accounts.MONITOR_PASSWORD,
                        PASSWORD,
                        TOKEN,
                        acquireTimeout);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void record() {
        log = new RecordedLog(AuditLog.LOGGER_NAME, Level.INFO);
    }

    @AfterEach
    void forget() {
        log.close();
    }

    private static Connection connect() throws SQLException {
        int port = Objects.requireNonNull(server.adminAddress()).getPort();
        return DriverManager.getConnection(
                "jdbc:mysql://127.0.0.1:" + port + "/?allowPublicKeyRetrieval=true", "op", PASSWORD);
    }

    /** Ports are those of clients, which nobody knows before. */
    private String next() throws InterruptedException {
        return log.next().replaceAll("127\\.0\\.0\\.1:\\d+\\] door", "127.0.0.1:PORT] door");
    }

    private static int ask(String method, String path, String body) throws IOException, InterruptedException {
        int port = Objects.requireNonNull(server.managementAddress()).getPort();
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/v1" + path))
                .header("Authorization", "Bearer " + TOKEN)
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    @Test
    void changesByTheAdminPort() throws Exception {
        String who = "INFO change who=[op] from=[127.0.0.1:PORT] door=[admin port] ";
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            assertThat(statement.execute("SHOW CONFIG")).isTrue();
            assertThat(statement.execute("set feature RETRY=off;")).isTrue();
            assertThat(next()).isEqualTo(who + "what=[SET FEATURE retry = off] result=[ok]");
            assertThat(statement.execute("SET FEATURE retry = on")).isTrue();
            assertThat(next()).isEqualTo(who + "what=[SET FEATURE retry = on] result=[ok]");
            assertThatExceptionOfType(SQLException.class)
                    .isThrownBy(() -> statement.execute("DRAIN BACKEND 'other:1' TIMEOUT 5"));
            assertThat(next())
                    .isEqualTo(who + "what=[DRAIN BACKEND 'other:1' TIMEOUT 5] result=[NOT_FOUND: other:1 is not a"
                            + " backend]");
            assertThatExceptionOfType(SQLException.class).isThrownBy(() -> statement.execute("DRAIN EVERYTHING"));
            assertThat(statement.execute("SHOW EVENTS")).isTrue();
        }
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void changesByTheApi() throws Exception {
        String who = "INFO change who=[api] from=[127.0.0.1:PORT] door=[api] ";
        assertThat(ask("GET", "/config", "")).isEqualTo(200);
        assertThat(ask("PUT", "/features/retry", "{\"on\": false}")).isEqualTo(200);
        assertThat(next()).isEqualTo(who + "what=[SET FEATURE retry = off] result=[ok]");
        assertThat(ask("PUT", "/features/retry", "{\"on\": true}")).isEqualTo(200);
        assertThat(next()).isEqualTo(who + "what=[SET FEATURE retry = on] result=[ok]");
        assertThat(ask("POST", "/resume", "")).isEqualTo(409);
        assertThat(next()).isEqualTo(who + "what=[RESUME] result=[CONFLICT: Sluice is not paused]");
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void changesByTheFileAndBySignals() throws Exception {
        String watch = "INFO change who=[file watch] from=[" + file + "] door=[file watch] what=[RELOAD] ";
        Files.writeString(file, text("20s"));
        assertThat(next()).isEqualTo(watch + "result=[ok]");
        server.reload();
        assertThat(next())
                .isEqualTo("INFO change who=[SIGHUP] from=[this host] door=[signal] what=[RELOAD] result=[ok]");
        Files.writeString(file, text("20 apples"));
        assertThat(next())
                .isEqualTo(watch + "result=[INVALID: the file was not applied, nothing has changed: " + file
                        + ":6:25: pool.acquire-timeout: \"20 apples\" has the unknown unit apples; write a number and one"
                        + " of ms, s, m, h, d, for example 10s]");
        Files.writeString(file, text("30s"));
        assertThat(next()).isEqualTo(watch + "result=[ok]");
        assertThat(log.lines()).isEmpty();
    }
}
