package dev.sluice.server.it;

import java.io.IOException;
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

/** PyMySQL, the driver in Python, where it is installed. */
@Timeout(240)
class PyMySqlDriverIT {
    @RegisterExtension
    static final DriverReport REPORT = new DriverReport(
            "PyMySQL",
            "Debian python3-pymysql",
            "one conversation: as text, several statements, cursors that do not buffer");

    private static TestProxy proxy;
    private static ClientProgram program = new ClientProgram(List.of(), Map.of());

    @BeforeAll
    static void start() throws Exception {
        // Where Debian puts it stands first: another Python on the PATH would not have the package.
        Optional<Path> python = ClientProgram.find("python3", "/usr/bin");
        if (python.isEmpty()) {
            REPORT.notInstalled("python3");
        }
        String interpreter = python.orElseThrow().toString();
        ClientProgram.Ended version = ClientProgram.run(
                Path.of("."), Map.of(), interpreter, "-c", "import pymysql; print(pymysql.__version__)");
        if (version.code() != 0) {
            REPORT.notInstalled("PyMySQL (Debian: python3-pymysql)");
        }
        REPORT.version(version.output().strip());
        program = new ClientProgram(
                List.of(
                        interpreter,
                        ClientProgram.script("python/conversation.py").toString()),
                Map.of("PYTHONIOENCODING", "utf-8"));
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
