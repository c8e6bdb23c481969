package dev.sluice.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.config.ConfigLoader;
import dev.sluice.server.config.HostPort;
import dev.sluice.server.config.SluiceConfig;
import dev.sluice.server.demo.ProxyUnderDemo;
import io.netty.channel.epoll.Epoll;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.BindException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class MainTest {
    private static final String COMPLETE = """
            listen: 127.0.0.1:6033
            log: {level: error}
            backends:
              - address: a:1
              - address: b:2
            monitor: {user: m, password: hunter2}
            """;

    @TempDir
    private Path directory = Path.of("replaced by JUnit");

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private Path file = Path.of("replaced below");

    @BeforeEach
    void writeFile() throws Exception {
        file = Files.writeString(directory.resolve("sluice.yaml"), COMPLETE);
    }

    private int run(Wiring wiring, String... arguments) {
        CommandLine sluice = Main.commandLine(wiring);
        sluice.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        return sluice.execute(arguments);
    }

    private static Wiring starting(ServerStarter starter) {
        return new Wiring(
                starter,
                (backend, config) -> BackendReport.unreachable(backend.address(), "not asked"),
                request -> "explained " + request,
                MainTest::noDemo,
                List.of());
    }

    private static ProxyUnderDemo noDemo(Path configuration) {
        throw new AssertionError("no demonstration may start");
    }

    private static Wiring nothing() {
        return starting((config, path) -> {
            throw new AssertionError("nothing may start");
        });
    }

    private static Wiring inspecting(Map<Integer, BackendReport> reports) {
        return new Wiring(
                (config, path) -> new ServedOnce(),
                (backend, config) -> reports.getOrDefault(
                        backend.address().port(), BackendReport.unreachable(backend.address(), "Connection refused")),
                request -> "",
                MainTest::noDemo,
                List.of());
    }

    private static BackendReport primary() {
        return report("a", 1, new BackendReport.Facts("8.0.31", 11, false, "ON", Optional.empty()), List.of());
    }

    private static BackendReport replica(boolean running, int lagSeconds, long serverId) {
        Optional<BackendReport.Replication> replication =
                Optional.of(new BackendReport.Replication("a:1", running, Optional.of(Duration.ofSeconds(lagSeconds))));
        return report("b", 2, new BackendReport.Facts("8.0.31", serverId, true, "ON", replication), List.of());
    }

    private static BackendReport report(String host, int port, BackendReport.Facts facts, List<MissingGrant> missing) {
        return new BackendReport(new HostPort(host, port), Optional.empty(), Optional.of(facts), missing);
    }

    private static final class ServedOnce implements ServerStarter.Running {
        @Override
        public void awaitTermination() {}

        @Override
        public void drain() {}

        @Override
        public void reload() {}

        @Override
        public void stopNow() {}
    }

    @Test
    void versionNamesTheBuildAndWhatItRunsOn() {
        assertThat(run(nothing(), "--version")).isEqualTo(ExitCode.OK);

        assertThat(out.toString())
                .isEqualTo("sluice " + BuildInfo.current().version() + " (commit "
                        + BuildInfo.current().commit() + ", JDK " + Runtime.version() + ", transport "
                        + (Epoll.isAvailable() ? "epoll" : "nio") + ")\n");
        assertThat(BuildInfo.current().version()).matches("\\d+\\.\\d+\\.\\d+.*");
        assertThat(BuildInfo.current().commit()).matches("unknown|[0-9a-f]{7,40}");
    }

    @Test
    void versionCanBeReadByAMachine() {
        assertThat(run(nothing(), "--version", "-o", "json")).isEqualTo(ExitCode.OK);

        assertThat(out.toString())
                .matches("\\{\"version\":\"[^\"]+\",\"commit\":\"[^\"]+\",\"jdk\":\"[^\"]+\","
                        + "\"transport\":\"(epoll|nio)\"\\}\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "serve --help", "check -h", "explain --help"})
    void everyCommandHasHelp(String arguments) {
        assertThat(run(nothing(), arguments.split(" ", -1))).isEqualTo(ExitCode.OK);

        assertThat(out.toString()).startsWith("Usage: sluice").contains("--debug");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | sluice: Missing a command",
                "serve | sluice: Missing required option: '--config=FILE'",
                "sreve | sluice: Unmatched argument at index 0: 'sreve'",
                "check --config f -o xml | sluice: Invalid value for option '--output': expected one of [TEXT, JSON]",
                "explain | sluice: Missing required parameter: 'SQL'",
            })
    void aWrongCommandLineExitsWithTwoAndOneLine(String arguments, String expected) {
        String[] split = arguments.isEmpty() ? new String[0] : arguments.split(" ", -1);

        assertThat(run(nothing(), split)).isEqualTo(ExitCode.USAGE);

        assertThat(err.toString()).startsWith(expected);
        assertThat(err.toString().lines().count()).isLessThanOrEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"serve", "check"})
    void aWrongFileExitsWithSeventyEightAndAllItsProblems(String command) throws Exception {
        Files.writeString(file, COMPLETE + "pol: {}\nevent-loops: x\n");

        assertThat(run(nothing(), command, "--config", file.toString())).isEqualTo(ExitCode.BAD_CONFIG);

        assertThat(err.toString())
                .isEqualTo(file + ":7:1: pol: is not a known key; did you mean pool?\n"
                        + file + ":8:14: event-loops: \"x\" is not a whole number; write a number from 0 to 1024\n"
                        + "sluice: 2 problems in the configuration\n");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void aCertificateThatCannotServeExitsWithSeventyEight() throws Exception {
        Files.writeString(file, COMPLETE + "tls: {frontend: {cert: c.pem, key: k.pem}}\n");

        assertThat(run(nothing(), "check", "-c", file.toString())).isEqualTo(ExitCode.BAD_CONFIG);

        assertThat(err.toString())
                .isEqualTo("sluice: " + directory.resolve("c.pem")
                        + " does not exist; correct the path or create the file\n");
    }

    @Test
    void serveStartsTheServerWithTheFileAndWaitsForItsEnd() {
        SluiceConfig[] started = new SluiceConfig[1];
        Wiring wiring = starting((config, path) -> {
            started[0] = config;
            return new ServedOnce();
        });

        assertThat(run(wiring, "serve", "-c", file.toString())).isEqualTo(ExitCode.OK);

        assertThat(started[0].backends()).hasSize(2);
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void anAddressThatIsTakenExitsWithSixtyNineHoweverDeepItIsReported() {
        Wiring wiring = starting((config, path) -> {
            throw new IllegalStateException("start", new BindException("127.0.0.1:6033: Address already in use"));
        });

        assertThat(run(wiring, "serve", "-c", file.toString())).isEqualTo(ExitCode.CANNOT_BIND);

        assertThat(err.toString())
                .isEqualTo(
                        "sluice: cannot listen: 127.0.0.1:6033: Address already in use; stop what uses the address or"
                                + " configure another one\n");
    }

    @Test
    void anUnexpectedFailureIsOneLineAndAStackTraceOnlyOnRequest() {
        Wiring wiring = starting((config, path) -> {
            throw new IllegalStateException("broken");
        });

        assertThat(run(wiring, "serve", "-c", file.toString())).isEqualTo(ExitCode.FAILURE);
        assertThat(err.toString())
                .isEqualTo("sluice: IllegalStateException: broken (--debug prints the stack trace)\n");

        assertThat(run(wiring, "serve", "-c", file.toString(), "--debug")).isEqualTo(ExitCode.FAILURE);
        assertThat(err.toString()).contains("\tat dev.sluice.server.cli.MainTest");
    }

    @Test
    void aCommandFailureBringsItsOwnExitCode() {
        Wiring wiring = starting((config, path) -> {
            throw new CommandFailure(ExitCode.CANNOT_BIND, "no port is free", null);
        });

        assertThat(run(wiring, "serve", "-c", file.toString())).isEqualTo(ExitCode.CANNOT_BIND);
        assertThat(err.toString()).isEqualTo("sluice: no port is free\n");
    }

    @Test
    void explainHandsOverTheStatementAndTheModesItIsReadIn() {
        int exitCode = run(nothing(), "explain", "--sql-mode", "ANSI_QUOTES,X", "--charset", "gbk", "SELECT 1");

        assertThat(exitCode).isEqualTo(ExitCode.OK);
        assertThat(out.toString())
                .isEqualTo("explained Request[sql=SELECT 1, sqlModes=[ANSI_QUOTES, X], charset=gbk]\n");
    }

    @Test
    void aModeThatExplainDoesNotKnowIsWrongUsage() {
        StatementExplainer picky = request -> {
            throw new IllegalArgumentException("unknown mode " + request.sqlModes());
        };
        Wiring wiring =
                new Wiring((config, path) -> new ServedOnce(), new JdbcInspector(), picky, MainTest::noDemo, List.of());

        assertThat(run(wiring, "explain", "--sql-mode", "X", "SELECT 1")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).startsWith("sluice: unknown mode [X]");
    }

    @Test
    void anExtensionIsACommandLikeAnyOther() {
        @CommandLine.Command(name = "extra")
        class Extra implements Runnable {
            @Override
            public void run() {
                out.append("extra ran");
            }
        }
        Wiring wiring = new Wiring(
                (config, path) -> new ServedOnce(),
                new JdbcInspector(),
                request -> "",
                MainTest::noDemo,
                List.of(Extra::new));

        assertThat(run(wiring, "extra")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).isEqualTo("extra ran");
    }

    @Test
    void checkPrintsATableAndExitsWithZeroIfEverythingNeededIsThere() {
        Wiring wiring = inspecting(Map.of(1, primary(), 2, replica(true, 0, 12)));

        assertThat(run(wiring, "check", "-c", file.toString())).isEqualTo(ExitCode.OK);

        assertThat(out.toString()).isEqualTo("""
                        ADDRESS  REACHABLE  VERSION  ROLE     READ_ONLY  SERVER_ID  GTID  LAG  SOURCE
                        a:1      yes        8.0.31   primary  off        11         ON    -    -
                        b:2      yes        8.0.31   replica  on         12         ON    0s   a:1

                        writable servers: 1
                        everything needed is there
                        """);
    }

    @Test
    void checkNamesEverythingThatIsWrong() {
        Wiring wiring = inspecting(Map.of(2, replica(false, 3, 12)));

        assertThat(run(wiring, "check", "-c", file.toString())).isEqualTo(ExitCode.FAILURE);

        assertThat(out.toString())
                .contains(
                        "a:1      no         -        -        -          -          -     -             -\n",
                        "b:2      yes        8.0.31   replica  on         12         ON    3s (stopped)  a:1\n",
                        "writable servers: 0\n",
                        "wrong: a:1: Connection refused\n",
                        "wrong: b:2: replication from a:1 is not running\n",
                        "wrong: no writable server was found; writes will fail\n")
                .doesNotContain("everything needed");
    }

    @Test
    void checkFindsLagTwoWritersAndOneServerListedTwice() {
        BackendReport second =
                report("b", 2, new BackendReport.Facts("8.0.31", 11, false, "OFF", Optional.empty()), List.of());

        assertThat(run(inspecting(Map.of(1, primary(), 2, second)), "check", "-c", file.toString()))
                .isEqualTo(ExitCode.FAILURE);
        assertThat(run(inspecting(Map.of(1, primary(), 2, replica(true, 11, 12))), "check", "-c", file.toString()))
                .isEqualTo(ExitCode.FAILURE);

        assertThat(out.toString())
                .contains(
                        "wrong: 2 servers are writable; set read_only on all but the primary\n",
                        "wrong: b:2: server_id 11 is also that of a:1; they are the same server or cannot replicate\n",
                        "note:  b:2: gtid_mode is OFF; after a write a session's reads go to the primary\n",
                        "wrong: b:2: is 11s behind, more than monitor.max-lag\n");
    }

    @Test
    void aMissingGrantSaysWhatIsLostAndWhatToRunAndOnlyTheNeededOneFails() throws Exception {
        BackendReport.Facts facts = new BackendReport.Facts("8.0.31", 11, false, "ON", Optional.empty());
        AccountGrants none = AccountGrants.of("'m'@'%'", List.of());
        List<MissingGrant> missing = new NeededGrants(
                        new ConfigLoader().load(file), new NeededGrants.Flavor(false, false, false))
                .missingForMonitor(none);
        BackendReport noUsers = report("a", 1, facts, List.of(missing.get(1)));
        BackendReport blind = report("a", 1, facts, List.of(missing.get(0)));

        assertThat(run(inspecting(Map.of(1, noUsers, 2, replica(true, 0, 12))), "check", "-c", file.toString()))
                .isEqualTo(ExitCode.OK);
        assertThat(run(inspecting(Map.of(1, blind, 2, replica(true, 0, 12))), "check", "-c", file.toString()))
                .isEqualTo(ExitCode.FAILURE);

        assertThat(out.toString())
                .contains(
                        "note:  a:1: the monitor account lacks SELECT ON mysql.user: accounts that use"
                                + " mysql_native_password cannot log in through Sluice; GRANT SELECT ON mysql.user TO"
                                + " 'm'@'%'\n",
                        "wrong: a:1: the monitor account lacks REPLICATION CLIENT ON *.*: replication and lag are"
                                + " unknown, so replicas take no reads; GRANT REPLICATION CLIENT ON *.* TO 'm'@'%'\n",
                        "a:1      yes        8.0.31   unknown  off");
    }

    @Test
    void membersOfAGroupMayAllTakeWritesAndAReadOnlyOneReplicatesFromNowhere() throws Exception {
        BackendReport writer = member("a", 1, false, "group primary", true);
        assertThat(run(
                        inspecting(Map.of(1, writer, 2, member("b", 2, false, "group primary", true))),
                        "check",
                        "-c",
                        file.toString()))
                .isEqualTo(ExitCode.OK);
        assertThat(run(
                        inspecting(Map.of(1, writer, 2, member("b", 2, true, "group secondary", true))),
                        "check",
                        "-c",
                        file.toString()))
                .isEqualTo(ExitCode.OK);
        assertThat(out.toString()).contains("group secondary  on").doesNotContain("wrong");
        assertThat(run(
                        inspecting(Map.of(1, writer, 2, member("b", 2, true, "group secondary", false))),
                        "check",
                        "-c",
                        file.toString()))
                .isEqualTo(ExitCode.FAILURE);
        assertThat(out.toString()).contains("wrong: b:2: is group secondary and not in step with its group");
    }

    private static BackendReport member(String host, int port, boolean readOnly, String role, boolean inStep) {
        BackendReport.Group group = new BackendReport.Group("3c0e", role, inStep);
        return report(
                host,
                port,
                new BackendReport.Facts("8.0.31", port, readOnly, "ON", Optional.empty(), Optional.of(group)),
                List.of());
    }

    @Test
    void checkCanBeReadByAMachine() {
        Wiring wiring = inspecting(Map.of(2, replica(true, 1, 12)));

        assertThat(run(wiring, "check", "-c", file.toString(), "-o", "json")).isEqualTo(ExitCode.FAILURE);

        assertThat(out.toString())
                .isEqualTo("{\"backends\":[{\"address\":\"a:1\",\"reachable\":false,\"failure\":\"Connection refused\","
                        + "\"missingGrants\":[]},{\"address\":\"b:2\",\"reachable\":true,\"failure\":null,"
                        + "\"version\":\"8.0.31\",\"role\":\"replica\",\"readOnly\":true,\"serverId\":12,"
                        + "\"gtidMode\":\"ON\",\"replication\":{\"source\":\"a:1\",\"running\":true,\"lagSeconds\":1},"
                        + "\"missingGrants\":[]}],\"writableServers\":0,\"notes\":[],\"wrong\":[\"a:1: Connection"
                        + " refused\",\"no writable server was found; writes will fail\"],\"ok\":false}\n");
    }
}
