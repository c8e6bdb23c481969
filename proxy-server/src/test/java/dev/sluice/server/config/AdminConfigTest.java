package dev.sluice.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdminConfigTest {
    @TempDir
    private Path directory = Path.of("replaced by JUnit");

    private AdminConfig load(String admin, String more) throws ConfigException {
        String text = """
                listen: 127.0.0.1:6033
                backends: [{address: "a:1"}]
                monitor: {user: m, password: p}
                admin: {%s}
                %s
                """.formatted(admin, more);
        return new ConfigLoader(Map.of("EMPTY", "", "SECRET", "s3")::get)
                .parse(text, "f.yaml", directory)
                .admin();
    }

    @Test
    void nothingIsOpenUnlessItIsConfigured() throws ConfigException {
        assertThat(load("", "")).isEqualTo(AdminConfig.defaults());
        assertThat(AdminConfig.defaults()).isEqualTo(new AdminConfig(Optional.empty(), Optional.empty(), false, 2));
        assertThat(load("user: op, password: x", "").port()).isEmpty();
    }

    @Test
    void aPortHasItsOwnAccount() throws Exception {
        AdminConfig inline = load("listen: '127.0.0.1:6032', user: op, password: '${SECRET}'", "");
        assertThat(inline.port())
                .hasValue(new AdminConfig.Port(new HostPort("127.0.0.1", 6032), "op", Secret.of("s3")));
        Files.writeString(directory.resolve("pw"), "from file\nsecond line\n");
        AdminConfig file = load("listen: '[::1]:6032', user: op, password-file: pw", "");
        assertThat(file.port().orElseThrow().password()).isEqualTo(Secret.of("from file"));
        assertThat(file.toString()).doesNotContain("from file");
    }

    @Test
    void aTokenOpensTheApi() throws Exception {
        Files.writeString(directory.resolve("token"), "t0ken\n");
        String metrics = "metrics: {listen: '127.0.0.1:0'}";
        assertThat(load("token: t0ken", metrics).apiToken()).hasValue(Secret.of("t0ken"));
        assertThat(load("token-file: token", metrics).apiToken()).hasValue(Secret.of("t0ken"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            listen: '127.0.0.1:1'                                   | admin.user: is missing; admin.listen does not open without an account
            listen: '127.0.0.1:1', user: op                         | admin.password: is missing; admin.listen does not open without a password
            listen: '127.0.0.1:1', user: op, password: ''           | admin.password: is empty; there is no default
            listen: '127.0.0.1:1', user: op, password: '${EMPTY}'   | admin.password: is empty
            listen: '127.0.0.1:1', user: op, password-file: absent  | does not exist
            listen: '127.0.0.1:1', user: op, password: x, password-file: y | is given beside admin.password
            listen: '0.0.0.0:1', user: op, password: x              | admin.listen: 0.0.0.0:1 can be reached from other hosts
            listen: '[::]:1', user: op, password: x                 | can be reached from other hosts
            listen: '10.0.0.1:1', user: op, password: x             | add admin.allow-remote: true
            listen: 'db.example:1', user: op, password: x           | can be reached from other hosts
            token: t0ken                                            | metrics.listen: is missing; the API of admin.token is served there
            token: ''                                               | admin.token: is empty
            """)
    void whatWouldBeOpenToEverybodyIsAnError(String admin, String problem) {
        assertThatThrownBy(() -> load(admin, ""))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(problem);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0:1", "10.0.0.1:1", "db.example:1"})
    void otherHostsMayComeIfThatIsSaid(String listen) throws ConfigException {
        AdminConfig config = load("listen: '" + listen + "', user: op, password: x, allow-remote: true", "");
        assertThat(config.port().orElseThrow().listen()).hasToString(listen);
        assertThat(config.allowRemote()).isTrue();
        AdminConfig.Port port = config.port().orElseThrow();
        assertThatThrownBy(() -> new AdminConfig(Optional.of(port), Optional.empty(), false, 2))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1,true",
        "127.255.0.9,true",
        "::1,true",
        "localhost,true",
        "LOCALHOST,true",
        "0.0.0.0,false",
        "::,false",
        "128.0.0.1,false",
        "127.example.com,false",
        "localhost.example.com,false"
    })
    void loopbackIsToldWithoutAskingAnybody(String host, boolean loopback) {
        assertThat(new HostPort(host, 1).isLoopback()).isEqualTo(loopback);
    }
}
