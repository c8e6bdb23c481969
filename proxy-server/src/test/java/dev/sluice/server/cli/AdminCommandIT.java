package dev.sluice.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.admin.Operation;
import dev.sluice.server.admin.OperationException;
import dev.sluice.server.admin.port.AdminPortFixture;
import dev.sluice.server.config.TlsMode;
import dev.sluice.server.tls.FrontendTls;
import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(60)
@SuppressWarnings("NullAway.Init")
class AdminCommandIT {
    @TempDir
    static Path state;

    private static FrontendTls tls;

    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private AdminPortFixture port;

    @BeforeAll
    static void makeCertificates() throws Exception {
        tls = AdminPortFixture.tls(TlsMode.PREFERRED, state);
    }

    @BeforeEach
    void start() throws Exception {
        port = AdminPortFixture.start(tls);
        port.administration()
                .answer(
                        List.of("address", "state", "lag"),
                        List.of(List.of("db-1:3306", "online", "0s"), Arrays.asList("b:1", "shunned", null)));
    }

    @AfterEach
    void stop() {
        port.close();
    }

    private int run(String input, String... arguments) {
        CommandLine sluice = new CommandLine(
                        new AdminCommand(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8))))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((e, command, parsed) -> Failures.report(e, command, false));
        sluice.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        return sluice.execute(arguments);
    }

    private String[] to(String... more) throws Exception {
        Path password = Files.writeString(directory.resolve("password"), AdminPortFixture.PASSWORD + "\n");
        List<String> arguments = new ArrayList<>(List.of(
                "--port",
                String.valueOf(port.port()),
                "--user",
                AdminPortFixture.USER,
                "--password-file",
                password.toString()));
        arguments.addAll(List.of(more));
        return arguments.toArray(String[]::new);
    }

    @Test
    void anAnswerIsATableForPeople() throws Exception {
        assertThat(run("", to("SHOW BACKENDS"))).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).isEqualTo("""
                ADDRESS    STATE    LAG
                db-1:3306  online   0s
                b:1        shunned  NULL
                """);
        assertThat(err.toString()).isEmpty();
        assertThat(port.administration().operations()).containsExactly(new Operation.Show(Operation.View.BACKENDS));
    }

    @Test
    void anAnswerIsJsonForPrograms() throws Exception {
        assertThat(run("", to("-o", "json", "--host", "localhost", "SHOW BACKENDS")))
                .isEqualTo(ExitCode.OK);
        assertThat(out.toString())
                .isEqualTo("{\"columns\":[\"address\",\"state\",\"lag\"],\"rows\":["
                        + "{\"address\":\"db-1:3306\",\"state\":\"online\",\"lag\":\"0s\"},"
                        + "{\"address\":\"b:1\",\"state\":\"shunned\",\"lag\":null}]}\n");
    }

    @Test
    void whereToGoMayBeReadFromTheConfigurationOfTheServer() throws Exception {
        Path config = Files.writeString(directory.resolve("sluice.yaml"), """
                listen: 127.0.0.1:6033
                backends: [{address: "a:1"}]
                monitor: {user: m, password: p}
                admin: {listen: "127.0.0.1:%d", user: operator, password-file: password}
                """.formatted(port.port()));
        String[] unused = to();
        assertThat(run("", "--config", config.toString(), "PAUSE")).isEqualTo(ExitCode.OK);
        assertThat(port.administration().operations()).containsExactly(new Operation.Pause());
        assertThat(run("", "--config", config.toString(), "--user", "x", "PAUSE"))
                .isEqualTo(ExitCode.USAGE);
        Files.writeString(config, Files.readString(config).replaceAll("admin:.*", ""));
        assertThat(run("", "--config", config.toString(), "PAUSE")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).contains("has no admin.listen");
    }

    @Test
    void statementsAreReadLineByLineUntilOneFails() throws Exception {
        assertThat(run("PAUSE;\n\n# a comment\n-- another\nRESUME\n", to())).isEqualTo(ExitCode.OK);
        assertThat(port.administration().operations()).containsExactly(new Operation.Pause(), new Operation.Resume());
        assertThat(run("PAUSE\nRESUM\nRELOAD\n", to())).isEqualTo(ExitCode.FAILURE);
        assertThat(port.administration().operations()).containsExactly(new Operation.Pause());
        assertThat(err.toString()).contains("did you mean RESUME? (error 1064)");
        assertThat(run("", to())).isEqualTo(ExitCode.OK);
    }

    @Test
    void whatIsNotAStatementOfSqlReachesThePortAsItIs() throws Exception {
        assertThat(run("", to("EXPLAIN ROUTE SELECT {d '2026-01-01'}, '?' /* hint */")))
                .isEqualTo(ExitCode.OK);
        assertThat(port.administration().operations())
                .containsExactly(new Operation.ExplainRoute("SELECT {d '2026-01-01'}, '?' /* hint */"));
    }

    @Test
    void aRefusalIsOneLineAndAnExitCode() throws Exception {
        port.administration().fail(OperationException.Kind.CONFLICT, "it is the last replica; use FORCE");
        assertThat(run("", to("REMOVE BACKEND b:1"))).isEqualTo(ExitCode.FAILURE);
        assertThat(err.toString()).isEqualTo("sluice: it is the last replica; use FORCE (error 1290)\n");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void aWrongPasswordAndAClosedPortAreSaid() throws Exception {
        String[] arguments = to("PAUSE");
        Files.writeString(directory.resolve("password"), "wrong");
        assertThat(run("", arguments)).isEqualTo(ExitCode.FAILURE);
        assertThat(err.toString())
                .startsWith("sluice: Access denied for user 'operator'")
                .contains("(error 1045)");
        err.getBuffer().setLength(0);
        port.close();
        assertThat(run("", arguments)).isEqualTo(ExitCode.FAILURE);
        assertThat(err.toString())
                .startsWith("sluice: the admin port does not answer: ")
                .hasLineCount(1);
    }

    @Test
    void theCertificateIsVerifiedAgainstAnAuthorityThatIsNamed(@TempDir Path other) throws Exception {
        String authority = state.resolve("tls/ca.pem").toString();
        assertThat(run("", to("--tls-ca", authority, "PAUSE"))).isEqualTo(ExitCode.OK);
        FrontendTls unused = AdminPortFixture.tls(TlsMode.PREFERRED, other);
        String stranger = other.resolve("tls/ca.pem").toString();
        assertThat(run("", to("--tls-ca", stranger, "PAUSE"))).isEqualTo(ExitCode.FAILURE);
        assertThat(port.administration().operations()).hasSize(1);
    }

    @Test
    void optionsThatAreMissingAreNamed() throws Exception {
        assertThat(run("", "PAUSE")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).contains("give --config, or --port, --user and --password-file");
        String[] arguments = to("PAUSE");
        Files.delete(directory.resolve("password"));
        assertThat(run("", arguments)).isEqualTo(ExitCode.BAD_CONFIG);
    }
}
