package dev.sluice.server.it;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.CommandType;
import dev.sluice.server.localcluster.Accounts;
import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.ServerFlavor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The commands that hardly anybody sends, answered as by a direct connection: by a server, or with its error. */
@Timeout(90)
class CommandsIT {
    private static final Map<Vendor, TestProxy> PROXIES = new EnumMap<>(Vendor.class);
    private static LocalCluster mariaDb;

    enum Vendor {
        MYSQL,
        MARIADB
    }

    @BeforeAll
    static void start() throws Exception {
        MariaDbServer.requireInstalled(CommandsIT.class);
        mariaDb = LocalCluster.builder()
                .flavor(ServerFlavor.executable("mariadbd"))
                .start();
        for (LocalCluster cluster : List.of(Servers.mysql(), mariaDb)) {
            boolean mysql = cluster == Servers.mysql();
            // Before the proxy starts: it looks for new accounts only now and then.
            cluster.primary()
                    .execute(
                            "CREATE USER 'operator'@'%' IDENTIFIED " + (mysql ? "WITH mysql_native_password " : "")
                                    + "BY 'operator-secret'",
                            "GRANT ALL ON *.* TO 'operator'@'%'");
        }
        PROXIES.put(Vendor.MYSQL, TestProxy.start(Servers.mysql()));
        PROXIES.put(Vendor.MARIADB, TestProxy.start(mariaDb));
        for (TestProxy proxy : PROXIES.values()) {
            proxy.awaitCaughtUp();
        }
    }

    @AfterAll
    static void stop() {
        PROXIES.values().forEach(TestProxy::close);
        if (mariaDb != null) {
            Servers.mysql().primary().execute("DROP USER 'operator'@'%'");
            mariaDb.close();
        }
    }

    @AfterEach
    void quiet() throws IOException {
        for (TestProxy proxy : PROXIES.values()) {
            proxy.awaitQuiet();
        }
    }

    private static TestProxy proxy(Vendor vendor) {
        return requireNonNull(PROXIES.get(vendor));
    }

    /** What ends the connection, begins something longer, or is tested elsewhere with arguments that make sense. */
    private static boolean isElsewhere(CommandType type) {
        return switch (type) {
            case COM_QUIT, COM_QUERY, COM_CHANGE_USER, COM_BINLOG_DUMP, COM_BINLOG_DUMP_GTID -> true;
            case COM_STMT_PREPARE, COM_STMT_EXECUTE, COM_STMT_SEND_LONG_DATA, COM_STMT_CLOSE, COM_STMT_FETCH -> true;
            case COM_STATISTICS, COM_PROCESS_INFO, COM_INIT_DB, COM_FIELD_LIST, COM_STMT_RESET -> true;
            case COM_SET_OPTION, COM_REGISTER_SLAVE, COM_PROCESS_KILL -> true;
            default -> false;
        };
    }

    private static String answer(RawClient client, int code, byte[] arguments) throws IOException {
        client.send(code, arguments);
        byte[] answer = client.read();
        return switch (RawClient.first(answer)) {
            case RawClient.ERR -> client.err(answer).toString();
            case RawClient.OK, RawClient.EOF -> java.util.HexFormat.of().formatHex(answer);
            default -> "a result";
        };
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void everyOtherCommandIsAnsweredAsByTheServer(Vendor vendor) throws IOException {
        List<String> wanted = new ArrayList<>();
        List<String> found = new ArrayList<>();
        int direct = proxy(vendor).cluster().primary().port();
        for (int code = 0; code < 256; code++) {
            if (!isElsewhere(CommandType.of(code)) && !isMariaDbsOwn(code)) {
                try (RawClient client = RawClient.connect(direct)) {
                    wanted.add(code + " " + answer(client, code, new byte[] {4}));
                }
            }
        }
        try (RawClient client = proxy(vendor).raw()) {
            for (int code = 0; code < 256; code++) {
                if (!isElsewhere(CommandType.of(code)) && !isMariaDbsOwn(code)) {
                    found.add(code + " " + answer(client, code, new byte[] {4}));
                }
            }
            assertThat(client.value("SELECT 1")).isEqualTo("1");
        }
        assertThat(found).isEqualTo(wanted);
    }

    /** They need capabilities that only MariaDB's own greeting can offer. */
    private static boolean isMariaDbsOwn(int code) {
        return code >= 0xFA;
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void anOperatorsFlushIsServed(Vendor vendor) throws IOException {
        int direct = proxy(vendor).cluster().primary().port();
        int refresh = CommandType.COM_REFRESH.code();
        try (RawClient client = RawClient.connectAs(proxy(vendor).port(), "operator", "operator-secret");
                RawClient server = RawClient.connectAs(direct, "operator", "operator-secret")) {
            // FLUSH TABLES.
            assertThat(answer(client, refresh, new byte[] {4})).isEqualTo(answer(server, refresh, new byte[] {4}));
            assertThat(client.value("SELECT 1")).isEqualTo("1");
        }
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void nobodyMakesTheServerPrintItsInnards(Vendor vendor) throws IOException {
        try (RawClient client = RawClient.connectAs(proxy(vendor).port(), "operator", "operator-secret")) {
            int error =
                    client.err(client.ask(CommandType.COM_DEBUG, new byte[0])).code();
            assertThat(error).isEqualTo(1227);
            assertThat(client.value("SELECT 1")).isEqualTo("1");
        }
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void nobodyStopsTheServer(Vendor vendor) throws IOException {
        try (RawClient client = RawClient.connectAs(proxy(vendor).port(), "operator", "operator-secret")) {
            int error = client.err(client.ask(CommandType.COM_SHUTDOWN, new byte[0]))
                    .code();
            assertThat(error).isEqualTo(vendor == Vendor.MYSQL ? 1047 : 1227);
            assertThat(client.value("SELECT 1")).isEqualTo("1");
        }
        assertThat(proxy(vendor).cluster().primary().isRunning()).isTrue();
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void theListOfProcessesHasTheColumnsOfTheServer(Vendor vendor) throws IOException {
        int direct = proxy(vendor).cluster().primary().port();
        try (RawClient client = proxy(vendor).raw();
                RawClient server = RawClient.connect(direct)) {
            List<byte[]> found = processes(client);
            List<byte[]> wanted = processes(server);
            int columns = RawClient.first(wanted.get(0));
            assertThat(found.subList(0, columns + 1))
                    .usingElementComparator(java.util.Arrays::compare)
                    .isEqualTo(wanted.subList(0, columns + 1));
            assertThat(client.value("SELECT 1")).isEqualTo("1");
        }
    }

    private static List<byte[]> processes(RawClient client) throws IOException {
        client.send(CommandType.COM_PROCESS_INFO, new byte[0]);
        return client.readResults();
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void refreshingDropsNothingOfTheSession(Vendor vendor) throws IOException {
        try (RawClient client = RawClient.connectAs(proxy(vendor).port(), "operator", "operator-secret")) {
            client.query("USE " + Accounts.SECOND_DATABASE);
            client.query("BEGIN");
            assertThat(RawClient.first(client.ask(CommandType.COM_REFRESH, new byte[] {4})))
                    .isEqualTo(RawClient.OK);
            assertThat(client.value("SELECT DATABASE()")).isEqualTo(Accounts.SECOND_DATABASE);
        }
    }
}
