package dev.sluice.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A word that is planted wherever a secret may stand, and looked for in whatever is said about the configuration. */
@SuppressWarnings("NullAway.Init")
class PlantedSecretsTest {
    private static final String PLANTED = "Pl4nted";

    @TempDir
    Path directory;

    static Stream<ConfigKey<?>> secrets() {
        return ConfigKeys.all().stream().filter(key -> key.type().name().equals("secret"));
    }

    /** What stands for a secret, one line for each of the ways in which it can be given. */
    private List<String> ways(String key) throws Exception {
        Files.writeString(directory.resolve("planted.txt"), PLANTED + "\nmore\n");
        return List.of(key + ": " + PLANTED, key + ": ${PLANTED}", key + "-file: planted.txt");
    }

    private static ConfigLoader loader() {
        return new ConfigLoader(Map.of("PLANTED", PLANTED)::get);
    }

    private static String file(String section, String line) {
        String admin = section.equals("admin") ? line : "allow-remote: false";
        String own = admin.startsWith("password") ? "" : "password: other";
        String password = section.equals("monitor") ? line : "password: other";
        return """
                listen: 127.0.0.1:6033
                backends: [{address: "a:1"}]
                metrics: {listen: "127.0.0.1:0"}
                admin:
                  listen: 127.0.0.1:0
                  user: op
                  %s
                  %s
                monitor:
                  user: m
                  %s
                """.formatted(admin, own, password);
    }

    @ParameterizedTest
    @MethodSource("secrets")
    void isNotInWhatAConfigurationSaysOfItself(ConfigKey<?> key) throws Exception {
        String section = key.path().substring(0, key.path().indexOf('.'));
        for (String way : ways(key.path().substring(section.length() + 1))) {
            SluiceConfig config = loader().parse(file(section, way), "f.yaml", directory);
            SluiceConfig other = loader().parse(file("", ""), "f.yaml", directory);
            assertThat(config).as("it has been read").isNotEqualTo(other);
            assertThat(config.toString()).as(way).doesNotContain(PLANTED);
            assertThat(ConfigValues.of(config).toString()).as(way).doesNotContain(PLANTED);
            assertThat(ConfigValues.changed(other, config).toString())
                    .as(way)
                    .contains(key.path())
                    .doesNotContain(PLANTED);
        }
    }

    private String problems(String text) {
        ConfigException e =
                catchThrowableOfType(ConfigException.class, () -> loader().parse(text, "f.yaml", directory));
        List<String> said = new ArrayList<>();
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            said.add(cause.toString());
        }
        assertThat(said).as(text).isNotEmpty();
        return String.join("\n", said);
    }

    @ParameterizedTest
    @MethodSource("secrets")
    void isNotInTheProblemsOfAFile(ConfigKey<?> key) throws Exception {
        String section = key.path().substring(0, key.path().indexOf('.'));
        String name = key.path().substring(section.length() + 1);
        for (String way : ways(name)) {
            assertThat(problems(file(section, way) + "  nonsense: 1\n")).doesNotContain(PLANTED);
            assertThat(problems(file(section, way) + "  " + way + "\n")).doesNotContain(PLANTED);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "password:Pl4nted",
                "password: 'Pl4nted",
                "password: \"Pl4nted",
                "password: \"Pl4nted\\q\"",
                "password: *Pl4nted",
                "password: &Pl4nted",
                "password: !Pl4nted",
                "password: !Pl4nted!x",
                "password: !<Pl4nted",
                "password: %Pl4nted",
                "password: @Pl4nted",
                "password: `Pl4nted",
                "password: |Pl4nted",
                "password: >Pl4nted",
                "password: [Pl4nted",
                "password: [Pl4nted]",
                "password: {Pl4nted",
                "password: {Pl4nted}",
                "password: {Pl4nted: x}",
                "password: x: Pl4nted",
                "password: - Pl4nted",
                "password: Pl4nted: x",
                "password: ? Pl4nted",
                "password: ${Pl4nted",
                "password: ${}Pl4nted",
                "password: x ${no name}Pl4nted",
                "passwort: Pl4nted",
                "password-file: /dev/null/Pl4nted/../..\n  password: Pl4nted",
                "password:\n    Pl4nted: x",
                "password:\n  - Pl4nted",
                "password:\tPl4nted",
                "password: Pl4\u0000nted Pl4nted",
                "? password\n  : Pl4nted: x",
                "password: Pl4nted\n  Pl4nted",
                "password: Pl4nted\n  password: Pl4nted",
            })
    void isNotInWhatIsSaidOfAFileThatIsNotWhatItsAuthorMeant(String line) {
        String said = problems(file("monitor", line) + "nonsense: 1\n");
        assertThat(said).contains("f.yaml:");
        assertThat(said.replace("/dev/null/Pl4nted", "")).doesNotContain(PLANTED);
    }

    @Test
    void aVariableIsNotShownWhereItStandsForSomethingElse() {
        String text = file("", "password: x").replace("admin:\n", "access: {allow: '${PLANTED}'}\nadmin:\n");
        assertThat(problems(text)).contains("access.allow").doesNotContain(PLANTED);
        for (ConfigKey<?> key : ConfigKeys.all()) {
            if (key.path().startsWith("limits.")
                    || key.path().startsWith("pool.")
                    || key.path().startsWith("log.")) {
                String section = key.path().substring(0, key.path().indexOf('.'));
                String line = section + ": {" + key.path().substring(section.length() + 1) + ": '${PLANTED}'}\n";
                assertThat(problems(file("", "password: x") + line)).as(line).doesNotContain(PLANTED);
            }
        }
    }
}
