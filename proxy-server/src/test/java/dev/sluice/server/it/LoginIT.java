package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.packet.AuthSwitchRequest;
import dev.sluice.protocol.packet.ChangeUser;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.server.localcluster.Accounts;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets in, how, and what the others are told. */
@Timeout(60)
class LoginIT {
    private static final int NET_READ_INTERRUPTED = 1159;

    private static final Path CLIENT = Path.of("/usr/bin/mariadb");
    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        Servers.mysql()
                .primary()
                .execute(
                        "CREATE DATABASE secret",
                        "CREATE USER `empty` IDENTIFIED WITH caching_sha2_password BY ''",
                        "CREATE USER emptynative IDENTIFIED WITH mysql_native_password BY ''",
                        "GRANT ALL ON app.* TO `empty`",
                        "GRANT ALL ON app.* TO emptynative",
                        "CREATE USER locked IDENTIFIED BY 'x' ACCOUNT LOCK");
        Servers.mysql().awaitReplicated(TestProxy.SOON);
        proxy = TestProxy.options()
                .maxConnections(20)
                .connectPhaseTimeout(Duration.ofSeconds(3))
                .proofAge(Duration.ZERO)
                .start(Servers.mysql());
    }

    @AfterAll
    static void stop() {
        proxy.close();
        Servers.mysql().primary().execute("DROP DATABASE secret", "DROP USER `empty`, emptynative, locked");
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    @Test
    void whoDoesNotEndAChangeOfUserIsSentAway() throws IOException {
        try (RawClient client = RawClient.connect(proxy.port())) {
            UserChangeRequest.send(client, Accounts.NATIVE_USER, Accounts.NATIVE_PASSWORD, "");
            assertThat(RawClient.first(client.read())).isEqualTo(RawClient.EOF);
            client.expectSequence(3);
            assertThat(client.err(client.read()).code()).isEqualTo(NET_READ_INTERRUPTED);
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @Test
    void whoMayNotBecomeSomebodyElseIsSentAwayAsByTheServer() throws IOException {
        for (int port : new int[] {Servers.mysql().primary().port(), proxy.port()}) {
            try (RawClient client = RawClient.connect(port)) {
                ErrPacket error = client.err(UserChangeRequest.ask(client, Accounts.NATIVE_USER, "wrong", ""));
                assertThat(error.code()).as("port " + port).isEqualTo(1045);
                assertThat(error.message()).contains("Access denied for user 'native'@", "(using password: YES)");
                assertThat(client.isClosedByServer()).isTrue();
            }
        }
    }

    /** The statements arrive with the last packet of the login, before anybody has decided about it. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatWasSentBehindALoginRunsBehindIt(boolean firstLogin) throws IOException {
        String longer = "SELECT LENGTH('" + "x".repeat(300_000) + "')";
        for (int port : new int[] {Servers.mysql().primary().port(), proxy.port()}) {
            try (RawClient client = firstLogin ? RawClient.open(port) : RawClient.connect(port)) {
                int answer = sendLastAnswerAnd(client, firstLogin, true, "SELECT 40 + 2", longer);
                client.expectSequence(answer + 1);
                assertThat(RawClient.first(client.read())).as("port " + port).isEqualTo(RawClient.OK);
                for (String expected : new String[] {"42", "300000"}) {
                    client.expectSequence(1);
                    assertThat(RawClient.text(client.readResults().get(2))).isEqualTo(expected);
                }
                assertThat(client.value("SELECT 7")).isEqualTo("7");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void nothingRunsThatWasSentBehindARefusedLogin(boolean firstLogin) throws IOException {
        Servers.mysql().primary().execute("CREATE TABLE app.behind (id INT)");
        try (RawClient client = firstLogin ? RawClient.open(proxy.port()) : RawClient.connect(proxy.port())) {
            int answer = sendLastAnswerAnd(client, firstLogin, false, "INSERT INTO app.behind VALUES (1)");
            client.expectSequence(answer + 1);
            assertThat(client.err(client.read()).code()).isEqualTo(1045);
            assertThat(client.isClosedByServer()).isTrue();
            proxy.awaitQuiet();
            assertThat(Servers.mysql().primary().queryValue("SELECT COUNT(*) FROM app.behind"))
                    .isEqualTo("0");
        } finally {
            Servers.mysql().primary().execute("DROP TABLE app.behind");
        }
    }

    /** Logs in up to the question of the server, and sends the answer together with statements; the answer's sequence id. */
    private static int sendLastAnswerAnd(RawClient client, boolean firstLogin, boolean right, String... statements)
            throws IOException {
        if (firstLogin) {
            client.beginLogin(Accounts.NATIVE_USER, "any", false);
        } else {
            UserChangeRequest.send(client, Accounts.NATIVE_USER, "any", "");
        }
        byte[] question = client.read();
        assertThat(RawClient.first(question)).isEqualTo(RawClient.EOF);
        byte[] nonce = AuthSwitchRequest.decode(Unpooled.wrappedBuffer(question), RawClient.CAPABILITIES)
                .data();
        int answer = firstLogin ? 3 : 2;
        ByteBuf all = Unpooled.buffer();
        byte[] scramble = right ? RawClient.scramble(nonce) : new byte[20];
        all.writeMediumLE(scramble.length).writeByte(answer).writeBytes(scramble);
        for (String sql : statements) {
            byte[] text = sql.getBytes(StandardCharsets.US_ASCII);
            all.writeMediumLE(1 + text.length).writeByte(0).writeByte(3).writeBytes(text);
        }
        client.writeBytes(ByteBufUtil.getBytes(all));
        return answer;
    }

    @ParameterizedTest
    @CsvSource({"app,app-secret", "native,native-secret", "empty,''", "emptynative,''"})
    void everyAccountGetsInOverTlsAndWithoutAndAgainFromTheCache(String user, String password) throws SQLException {
        for (String mode : new String[] {"REQUIRED", "DISABLED", "PREFERRED", "DISABLED", "REQUIRED"}) {
            try (Connection connection = proxy.connectAs(user, password, "app", "sslMode=" + mode)) {
                assertThat(Sql.value(connection, "SELECT CURRENT_USER()")).isEqualTo(user + "@%");
                assertThat(Sql.value(connection, "SELECT CURRENT_USER() FROM DUAL FOR UPDATE"))
                        .isEqualTo(user + "@%");
            }
        }
    }

    @Test
    void theFirstLoginWithoutTlsTakesThePublicKey() throws Exception {
        // A proxy that has seen nobody: what the shared one knows by now does not help.
        try (TestProxy fresh = TestProxy.start(Servers.mysql())) {
            assertThatThrownBy(() -> fresh.connect("allowPublicKeyRetrieval=false"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("Public Key Retrieval");
            try (Connection connection = fresh.connect()) {
                assertThat(Sql.value(connection, "SELECT 1")).isEqualTo("1");
            }
            try (Connection connection = fresh.connect("allowPublicKeyRetrieval=false")) {
                assertThat(Sql.value(connection, "SELECT 1")).isEqualTo("1");
            }
            fresh.awaitQuiet();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "app, wrong, app, 1045, 28000",
        "app, '', app, 1045, 28000",
        "native, wrong, app, 1045, 28000",
        "native, '', app, 1045, 28000",
        "empty, notempty, app, 1045, 28000",
        "nobody, x, app, 1045, 28000",
        "nobody, '', app, 1045, 28000",
        "app, app-secret, nothere, 1044, 42000",
        "app, app-secret, secret, 1044, 42000",
        "root, '', nothere, 1049, 42000",
        "locked, x, '', 3118, HY000"
    })
    void whoDoesNotGetInIsToldWhatAServerTells(String user, String password, String database, int code, String state)
            throws SQLException {
        for (String mode : new String[] {"REQUIRED", "DISABLED"}) {
            SQLException direct = refusal(Servers.mysql().primary().port(), user, password, database, mode);
            SQLException proxied = refusal(proxy.port(), user, password, database, mode);
            assertThat(direct.getErrorCode()).as("direct, " + mode).isEqualTo(code);
            assertThat(proxied.getErrorCode())
                    .as(mode + ": " + proxied.getMessage())
                    .isEqualTo(code);
            assertThat(proxied.getSQLState()).isEqualTo(state).isEqualTo(direct.getSQLState());
        }
    }

    private static SQLException refusal(int port, String user, String password, String database, String mode) {
        try (Connection connection = TestProxy.open(port, user, password, database, "sslMode=" + mode)) {
            throw new AssertionError(user + " got in: " + connection);
        } catch (SQLException e) {
            return e;
        }
    }

    @Test
    void oneClientTooManyIsToldSo() throws SQLException {
        List<Connection> connections = new ArrayList<>();
        try {
            for (int i = 0; i < 20; i++) {
                connections.add(proxy.connect());
            }
            assertThatThrownBy(proxy::connect).isInstanceOfSatisfying(SQLException.class, e -> {
                assertThat(e.getErrorCode()).isEqualTo(1040);
                assertThat(e.getSQLState()).isEqualTo("08004");
            });
            connections.remove(0).close();
            await().atMost(TestProxy.SOON).until(() -> proxy.server().sessions().connections() < 20);
            connections.add(proxy.connect());
            assertThat(Sql.value(connections.get(19), "SELECT 1")).isEqualTo("1");
        } finally {
            for (Connection connection : connections) {
                connection.close();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"caching_sha2_password", "mysql_native_password"})
    void aChangedPasswordCountsWithinASecondOrTwo(String plugin) throws SQLException {
        var primary = Servers.mysql().primary();
        primary.execute(
                "CREATE USER changing IDENTIFIED WITH " + plugin + " BY 'one'", "GRANT ALL ON app.* TO changing");
        try {
            Servers.mysql().awaitReplicated(TestProxy.SOON);
            await().atMost(Duration.ofSeconds(5)).until(() -> getsIn("changing", "one"));
            try (Connection open = proxy.connectAs("changing", "one", "app")) {
                primary.execute("ALTER USER changing IDENTIFIED WITH " + plugin + " BY 'two'");
                Servers.mysql().awaitReplicated(TestProxy.SOON);
                await().atMost(Duration.ofSeconds(3)).until(() -> getsIn("changing", "two"));
                await().atMost(Duration.ofSeconds(3)).until(() -> !getsIn("changing", "one"));
                assertThat(getsIn("changing", "two")).isTrue();
                assertThat(Sql.error(open, "SELECT 1")).isIn(0, 1045);
            }
        } finally {
            primary.execute("DROP USER changing");
        }
        await().atMost(Duration.ofSeconds(3)).until(() -> !getsIn("changing", "two"));
    }

    private static boolean getsIn(String user, String password) throws SQLException {
        return getsIn(proxy, user, password);
    }

    private static boolean getsIn(TestProxy where, String user, String password) throws SQLException {
        try (Connection connection = where.connectAs(user, password, "app")) {
            return "1".equals(Sql.value(connection, "SELECT 1"));
        } catch (SQLException e) {
            if (e.getErrorCode() == 1045) {
                return false;
            }
            throw e;
        }
    }

    @Test
    void aWrongPasswordLeavesTheGoodOneKnown() throws Exception {
        // This proxy trusts what was proved. Without the public key, only a password that is known gets in.
        try (TestProxy trusting = TestProxy.start(Servers.mysql())) {
            assertThat(getsIn(trusting, "app", "app-secret")).isTrue();
            for (int i = 0; i < 3; i++) {
                assertThat(getsIn(trusting, "app", "wrong")).isFalse();
                try (Connection connection = trusting.connect("allowPublicKeyRetrieval=false")) {
                    assertThat(Sql.value(connection, "SELECT 1")).isEqualTo("1");
                }
            }
            trusting.awaitQuiet();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"caching_sha2_password", "mysql_native_password"})
    void aPasswordThatIsSetBackCountsAgainAndTheOneInBetweenNoMore(String plugin) throws Exception {
        var primary = Servers.mysql().primary();
        String alter = "ALTER USER comesback IDENTIFIED WITH " + plugin + " BY ";
        // A proof is trusted for longer than this test lasts: what is asserted comes from noticing the change.
        try (TestProxy trusting = TestProxy.options()
                .eventLoops(1)
                .proofAge(Duration.ofMinutes(5))
                .start(Servers.mysql())) {
            primary.execute(
                    "CREATE USER comesback IDENTIFIED WITH " + plugin + " BY 'one'", "GRANT ALL ON app.* TO comesback");
            for (String[] change : new String[][] {{"one", "two"}, {"two", "one"}, {"one", "two"}, {"two", "one"}}) {
                Servers.mysql().awaitReplicated(TestProxy.SOON);
                String before = change[0];
                String after = change[1];
                await().atMost(Duration.ofSeconds(5)).until(() -> getsIn(trusting, "comesback", before));
                assertThat(getsIn(trusting, "comesback", after)).isFalse();
                for (int i = 0; i < 6; i++) {
                    // A connection of every server is left in the pool: none has to be opened with this password.
                    assertThat(getsIn(trusting, "comesback", before)).isTrue();
                }
                primary.execute(alter + "'" + after + "'");
                Servers.mysql().awaitReplicated(TestProxy.SOON);
                await().atMost(Duration.ofSeconds(5)).until(() -> !getsIn(trusting, "comesback", before));
                await().atMost(Duration.ofSeconds(5)).until(() -> getsIn(trusting, "comesback", after));
                assertThat(getsIn(trusting, "comesback", before)).isFalse();
            }
            try (Connection connection = trusting.connectAs("comesback", "one", "app")) {
                assertThat(Sql.value(connection, "SELECT 1 FROM DUAL FOR UPDATE"))
                        .isEqualTo("1");
                for (int i = 0; i < 4; i++) {
                    assertThat(Sql.routeOf(connection, "SELECT /* sluice: consistency=none */ " + i)
                                    .role())
                            .isEqualTo("replica");
                }
            }
            trusting.awaitQuiet();
        } finally {
            primary.execute("DROP USER IF EXISTS comesback");
        }
    }

    @Test
    void aClientThatSaysNothingIsSentAway() throws IOException {
        try (RawClient silent = RawClient.open(proxy.port())) {
            assertThat(silent.read()).isNotEmpty();
            assertThat(silent.isClosedByServer()).isTrue();
        }
    }

    @Test
    void anIdleClientIsSentAwayWithTheServersError() throws Exception {
        try (TestProxy impatient =
                        TestProxy.options().idleTimeout(Duration.ofSeconds(1)).start(Servers.mysql());
                RawClient idle = impatient.raw()) {
            assertThat(idle.value("SELECT 1")).isEqualTo("1");
            idle.expectSequence(0);
            ErrPacket error = idle.err(idle.read());
            assertThat(error.code()).isEqualTo(4031);
            assertThat(idle.isClosedByServer()).isTrue();
        }
    }

    @Test
    void theGreetingIsThatOfThePrimary() throws IOException {
        try (RawClient proxied = RawClient.open(proxy.port());
                RawClient direct = RawClient.open(Servers.mysql().primary().port())) {
            var here = dev.sluice.protocol.packet.HandshakeV10.decode(Unpooled.wrappedBuffer(proxied.read()), 0);
            var there = dev.sluice.protocol.packet.HandshakeV10.decode(Unpooled.wrappedBuffer(direct.read()), 0);
            assertThat(here.serverVersion()).isEqualTo(there.serverVersion());
            assertThat(here.collation()).isEqualTo(there.collation());
            assertThat(here.authPluginName()).isEqualTo(there.authPluginName());
            assertThat(here.capabilities() & ~there.capabilities()).isZero();
        }
    }

    /** Some clients answer nothing else but this question: what they send with the command is no answer to any nonce. */
    @ParameterizedTest
    @ValueSource(strings = {"mysql_native_password", "caching_sha2_password"})
    void aChangeOfUserIsAnsweredByAQuestionAsByTheServer(String plugin) throws IOException {
        for (int port : new int[] {Servers.mysql().primary().port(), proxy.port()}) {
            try (RawClient client = RawClient.connect(port)) {
                byte[] inTheClear = Accounts.NATIVE_PASSWORD.getBytes(StandardCharsets.UTF_8);
                ByteBuf payload = Unpooled.buffer();
                new ChangeUser(Accounts.NATIVE_USER, inTheClear, Accounts.DATABASE, 45, plugin, Map.of())
                        .encode(payload, Capabilities.CLIENT_SECURE_CONNECTION | Capabilities.CLIENT_PLUGIN_AUTH);
                client.write(0, ByteBufUtil.getBytes(payload));
                byte[] question = client.read();
                assertThat(RawClient.first(question)).as("port " + port).isEqualTo(RawClient.EOF);
                AuthSwitchRequest asked =
                        AuthSwitchRequest.decode(Unpooled.wrappedBuffer(question), Capabilities.CLIENT_PLUGIN_AUTH);
                assertThat(asked.plugin()).isEqualTo("mysql_native_password");
                client.follow(RawClient.scramble(asked.data()));
                assertThat(RawClient.first(client.read())).as("port " + port).isZero();
                assertThat(client.value("SELECT DATABASE()")).isEqualTo(Accounts.DATABASE);
            }
        }
    }

    @Test
    void theCommandLineClientWorks() throws Exception {
        if (!Files.isExecutable(CLIENT)) {
            abort("no mariadb client on this machine");
        }
        Path out = Files.createTempFile(proxy.cluster().directory(), "client-", ".txt");
        Process process = new ProcessBuilder(
                        CLIENT.toString(),
                        "--no-defaults",
                        "--host=127.0.0.1",
                        "--port=" + proxy.port(),
                        "--user=native",
                        "--password=native-secret",
                        "--skip-ssl",
                        "--batch",
                        "app",
                        "--execute=SELECT 40 + 2 AS answer; USE app2; SELECT DATABASE() AS d")
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readString(out, StandardCharsets.UTF_8)).isEqualTo("answer\n42\nd\napp2\n");
        assertThat(process.exitValue()).isZero();
    }
}
