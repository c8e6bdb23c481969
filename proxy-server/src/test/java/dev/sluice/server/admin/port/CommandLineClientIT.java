package dev.sluice.server.admin.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.server.admin.Operation;
import dev.sluice.server.config.TlsMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The admin port with the clients that a DBA has, where they are installed. */
@Timeout(60)
@SuppressWarnings("NullAway.Init")
class CommandLineClientIT {
    @TempDir
    Path directory;

    private record Result(int exitCode, String output) {}

    private static boolean isInstalled(String program) {
        return Arrays.stream(System.getenv("PATH").split(":", -1))
                .anyMatch(each -> Files.isExecutable(Path.of(each, program)));
    }

    private Result run(String program, int port, String password, String... more)
            throws IOException, InterruptedException {
        Path options = Files.writeString(directory.resolve("client.cnf"), "[client]\npassword=\"" + password + "\"\n");
        List<String> command = new ArrayList<>(List.of(
                program,
                "--defaults-file=" + options,
                "--default-character-set=utf8mb4",
                "--protocol=tcp",
                "--host=127.0.0.1",
                "--port=" + port,
                "--user=" + AdminPortFixture.USER,
                "--connect-timeout=10"));
        command.addAll(List.of(more));
        Path output = directory.resolve("output");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(output.toFile())
                .start();
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(program + " hangs: " + Files.readString(output));
        }
        return new Result(process.exitValue(), Files.readString(output));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mysql", "mariadb"})
    void theClientShowsTables(String program) throws Exception {
        assumeTrue(isInstalled(program), program + " is not installed");
        try (AdminPortFixture port =
                AdminPortFixture.start(AdminPortFixture.tls(TlsMode.PREFERRED, directory.resolve("state")))) {
            port.administration().answer(List.of("address", "state"), List.of(List.of("a:1", "online")));

            Result table = run(program, port.port(), AdminPortFixture.PASSWORD, "-t", "-e", "SHOW BACKENDS; PAUSE");
            assertThat(table.output()).contains("| address | state  |\n").contains("| a:1     | online |\n");
            assertThat(table.exitCode()).isZero();
            assertThat(port.administration().operations())
                    .containsExactly(new Operation.Show(Operation.View.BACKENDS), new Operation.Pause());

            Result help = run(program, port.port(), AdminPortFixture.PASSWORD, "-t", "-e", "SHOW HELP weight");
            assertThat(help.output()).contains("| SET BACKEND 'host:port' WEIGHT n ");
            assertThat(help.exitCode()).isZero();

            Result status = run(program, port.port(), AdminPortFixture.PASSWORD, "-e", "status");
            assertThat(status.output()).contains("sluice");
            assertThat(status.exitCode()).isZero();

            Result mistake = run(program, port.port(), AdminPortFixture.PASSWORD, "-e", "SHOW BACKEND");
            assertThat(mistake.output()).contains("ERROR 1064 (42000)").contains("did you mean BACKENDS?");
            assertThat(mistake.exitCode()).isEqualTo(1);

            Result stranger = run(program, port.port(), "wrong", "-e", "SHOW BACKENDS");
            assertThat(stranger.output()).contains("ERROR 1045 (28000)").contains("Access denied");
            assertThat(stranger.exitCode()).isEqualTo(1);
        }
    }
}
