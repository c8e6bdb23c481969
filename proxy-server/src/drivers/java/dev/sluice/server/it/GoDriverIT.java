package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** go-sql-driver, where it is installed. */
@Timeout(240)
class GoDriverIT {
    @RegisterExtension
    static final DriverReport REPORT = new DriverReport(
            "go-sql-driver",
            "Debian golang-github-go-sql-driver-mysql-dev",
            "one conversation prepared, and as text over TLS with several statements in a packet");

    private static TestProxy proxy;
    private static final Path PACKAGES = Path.of("/usr/share/gocode");

    private static ClientProgram program = new ClientProgram(List.of(), Map.of());

    @BeforeAll
    static void start() throws Exception {
        Optional<Path> go = ClientProgram.find("go");
        if (go.isEmpty()) {
            REPORT.notInstalled("go (Debian: golang-go)");
        }
        if (!Files.isDirectory(PACKAGES.resolve("src/github.com/go-sql-driver/mysql"))) {
            REPORT.notInstalled("go-sql-driver (Debian: golang-github-go-sql-driver-mysql-dev)");
        }
        Path binary = DriverReport.directory().resolve("conversation").toAbsolutePath();
        Map<String, String> environment = Map.of(
                "GO111MODULE",
                "off",
                "GOPATH",
                PACKAGES.toString(),
                "GOCACHE",
                DriverReport.directory().resolve("go-cache").toAbsolutePath().toString());
        ClientProgram.Ended built = ClientProgram.run(
                Path.of("."),
                environment,
                go.orElseThrow().toString(),
                "build",
                "-o",
                binary.toString(),
                ClientProgram.script("go/conversation.go").toString());
        assertThat(built.code()).as(built.output()).isZero();
        ClientProgram.Ended version = ClientProgram.run(
                Path.of("."),
                Map.of(),
                "dpkg-query",
                "--show",
                "--showformat=${Version}",
                "golang-github-go-sql-driver-mysql-dev");
        REPORT.version(version.code() == 0 ? version.output().strip() : "?");
        program = new ClientProgram(List.of(binary.toString()), Map.of());
        JdbcConversation.prepare(Servers.mysql().primary());
        proxy = TestProxy.start(Servers.mysql());
    }

    @AfterAll
    static void stop() {
        if (proxy != null) {
            proxy.close();
            JdbcConversation.dropAll(Servers.mysql().primary());
        }
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    @Test
    void itCannotTell() throws Exception {
        program.assertSame(proxy);
    }
}
