package dev.sluice.server.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** mysql2, the driver of Node.js, where npm can fetch it. */
@Timeout(240)
class NodeDriverIT {
    @RegisterExtension
    static final DriverReport REPORT = new DriverReport(
            "mysql2 (Node.js)",
            "npm mysql2",
            "one conversation as text and prepared, with rows as objects, and as arrays over TLS");

    /** The one that is fetched, so that a run can be repeated. */
    private static final String VERSION = "3.24.6";

    private static TestProxy proxy;
    private static ClientProgram program = new ClientProgram(List.of(), Map.of());

    @BeforeAll
    static void start() throws Exception {
        Optional<Path> node = ClientProgram.find("node");
        Optional<Path> npm = ClientProgram.find("npm");
        if (node.isEmpty() || npm.isEmpty()) {
            REPORT.notInstalled("node and npm");
        }
        Path directory = Files.createDirectories(DriverReport.directory().resolve("node"));
        ClientProgram.Ended installed = ClientProgram.run(
                directory,
                Map.of(),
                npm.orElseThrow().toString(),
                "install",
                "--no-audit",
                "--no-fund",
                "--no-package-lock",
                "--ignore-scripts",
                "--prefix=.",
                "mysql2@" + VERSION);
        if (installed.code() != 0) {
            REPORT.notInstalled("mysql2, which npm could not fetch");
        }
        Path script = directory.resolve("conversation.js");
        Files.copy(ClientProgram.script("node/conversation.js"), script, StandardCopyOption.REPLACE_EXISTING);
        String interpreter = node.orElseThrow().toString();
        ClientProgram.Ended version =
                ClientProgram.run(directory, Map.of(), interpreter, "-p", "require(\"mysql2/package.json\").version");
        REPORT.version(version.output().strip());
        program = new ClientProgram(List.of(interpreter, script.toAbsolutePath().toString()), Map.of());
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
