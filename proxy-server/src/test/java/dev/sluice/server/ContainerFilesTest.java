package dev.sluice.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.config.ConfigLoader;
import dev.sluice.server.config.SluiceConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/** The files for containers, as far as they can be checked without running one. */
class ContainerFilesTest {
    private static final Path DOCKER = SourceTree.ROOT.resolve("docker");

    @Test
    void theComposeFileHasAPrimaryTwoReplicasAndALockedDownSluice() throws Exception {
        Map<?, ?> services = map(compose().get("services"));

        assertThat(services.keySet()).isEqualTo(Set.of("primary", "replica-1", "replica-2", "sluice"));
        for (String server : List.of("primary", "replica-1", "replica-2")) {
            // What a "<<" brings in is looked up where it points to: the loader leaves it to the reader.
            assertThat(merged(map(services.get(server))).get("image")).isEqualTo("mysql:8.4");
            assertThat(String.valueOf(map(services.get(server)).get("command")))
                    .contains("--gtid-mode=ON", "--enforce-gtid-consistency=ON");
        }
        Map<?, ?> sluice = map(services.get("sluice"));
        assertThat(sluice.get("read_only")).isEqualTo(true);
        assertThat(sluice.get("user")).isEqualTo("10001:10001");
        assertThat(list(sluice.get("cap_drop"))).isEqualTo(List.of("ALL"));
        assertThat(list(sluice.get("ports")))
                .allSatisfy(port -> assertThat(port.toString()).startsWith("127.0.0.1:"));
    }

    @Test
    void everyServerHasAnIdOfItsOwn() throws Exception {
        Map<?, ?> services = map(compose().get("services"));
        List<String> ids = List.of("primary", "replica-1", "replica-2").stream()
                .map(name -> list(map(services.get(name)).get("command")).get(0).toString())
                .toList();

        assertThat(ids).doesNotHaveDuplicates().allMatch(id -> id.startsWith("--server-id="));
    }

    @Test
    void everyFileThatTheComposeFileMountsIsThere() throws Exception {
        Map<?, ?> services = map(compose().get("services"));
        List<String> mounts = services.values().stream()
                .flatMap(service -> list(map(service).get("volumes")).stream())
                .map(Object::toString)
                .filter(mount -> mount.startsWith("./"))
                .map(mount -> mount.substring(2, mount.indexOf(':')))
                .toList();

        assertThat(mounts)
                .hasSize(4)
                .allSatisfy(file -> assertThat(DOCKER.resolve(file)).isRegularFile());
        assertThat(mounts)
                .filteredOn(file -> file.endsWith(".sh"))
                .allSatisfy(file -> assertThat(DOCKER.resolve(file)).isExecutable());
    }

    @Test
    void theConfigurationNamesTheServersOfTheComposeFileAndLeavesTimeToDrain() throws Exception {
        SluiceConfig config =
                new ConfigLoader(Map.of("MONITOR_PASSWORD", "x")::get).load(DOCKER.resolve("sluice.yaml"));

        assertThat(config.backends().stream().map(backend -> backend.address().host()))
                .containsExactly("primary", "replica-1", "replica-2");
        Object grace = map(map(compose().get("services")).get("sluice")).get("stop_grace_period");
        assertThat(grace).asString().matches("\\d+s");
        assertThat(Duration.parse("PT" + grace)).isGreaterThan(config.shutdown().drainTimeout());
    }

    @Test
    void theImageRunsWithoutRootOnARuntimeOf25AndAsksForReadiness() throws Exception {
        String dockerfile = Files.readString(DOCKER.resolve("Dockerfile"));

        assertThat(dockerfile)
                .contains(
                        "FROM eclipse-temurin:25-jre",
                        "USER 10001:10001",
                        "HEALTHCHECK",
                        "ENTRYPOINT [\"java\"",
                        "-XX:MaxRAMPercentage=",
                        "-Dio.netty.leakDetection.level=disabled",
                        "dev.sluice.server.cli.Main");
        assertThat(Files.readString(DOCKER.resolve("healthcheck.sh"))).contains("GET /readyz ");
    }

    private static Map<?, ?> compose() throws Exception {
        LoadSettings settings = LoadSettings.builder()
                .setSchema(new CoreSchema())
                .setLabel("compose.yaml")
                .build();
        return map(new Load(settings).loadFromString(Files.readString(DOCKER.resolve("compose.yaml"))));
    }

    private static Map<?, ?> merged(Map<?, ?> service) {
        return service.get("<<") instanceof Map<?, ?> base ? base : service;
    }

    private static Map<?, ?> map(@Nullable Object value) {
        return (Map<?, ?>) Objects.requireNonNull(value);
    }

    private static List<?> list(@Nullable Object value) {
        return (List<?>) Objects.requireNonNull(value);
    }
}
