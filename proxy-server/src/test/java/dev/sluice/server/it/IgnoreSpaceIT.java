package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.CommandType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients with CLIENT_IGNORE_SPACE, as MariaDB's drivers are: a sql_mode that nobody sets and no tracker reports. */
@Timeout(60)
class IgnoreSpaceIT {
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        Servers.mysql().primary().execute("CREATE TABLE app.spaces (id INT PRIMARY KEY)");
        proxy = TestProxy.options().eventLoops(1).connections(1).start(Servers.mysql());
        proxy.awaitCaughtUp();
    }

    @AfterAll
    static void stop() {
        proxy.close();
        Servers.mysql().primary().execute("DROP TABLE app.spaces");
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    @Test
    void theirSqlModeIsTheSameOnEveryConnectionAndEndsWithAResetAsOnAServer() throws IOException {
        List<String> direct = conversation(Servers.mysql().primary().port());
        assertThat(direct.get(0)).contains("IGNORE_SPACE");
        for (int i = 0; i < 4; i++) {
            assertThat(conversation(proxy.port())).isEqualTo(direct);
        }
    }

    private static List<String> conversation(int port) throws IOException {
        List<String> answers = new ArrayList<>();
        try (RawClient client = RawClient.connectWith(port, Capabilities.CLIENT_IGNORE_SPACE)) {
            ask(client, answers);
            // The next session with this connection needs it reset.
            client.query("SET SESSION sql_select_limit = 7");
            ask(client, answers);
            client.query("BEGIN");
            ask(client, answers);
            client.query("COMMIT");
            byte[] unused = client.ask(CommandType.COM_RESET_CONNECTION, new byte[0]);
            ask(client, answers);
        }
        try (RawClient other = RawClient.connect(port)) {
            ask(other, answers);
        }
        return answers;
    }

    private static void ask(RawClient client, List<String> answers) throws IOException {
        answers.add(client.value("SELECT @@sql_mode"));
        answers.add(String.valueOf(
                RawClient.first(client.query("SELECT COUNT (*) FROM app.spaces").get(0))));
    }
}
