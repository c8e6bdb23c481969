package dev.sluice.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ValuesTest {
    private static final MonitorConfig MONITOR = MonitorConfig.of("m", Secret.of("hunter2"));

    @ParameterizedTest
    @CsvSource({"500ms, PT0.5S", "10s, PT10S", "5m, PT5M", "8h, PT8H", "2d, PT48H", "0s, PT0S", "10 s, PT10S"})
    void aDurationIsANumberAndAUnit(String text, Duration expected) throws Exception {
        assertThat(Quantities.parseDuration(text, text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"0B, 0", "16KiB, 16384", "1MiB, 1048576", "1GiB, 1073741824", "999999999B, 999999999"})
    void aSizeIsANumberAndABinaryUnit(String text, int expected) throws Exception {
        assertThat(Quantities.parseSize(text, text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "s", "-1s", "1.5s", "1e3s", "9999999999s", "1S", "1 0s", "1sec", "1s1s", "\u0661s"})
    void whatIsNotADurationIsRefused(String text) {
        assertThatThrownBy(() -> Quantities.parseDuration(text, text)).isInstanceOf(InvalidValueException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1", "B", "-1B", "1kib", "1.5MiB", "2GiB", "999999999GiB", "1TiB"})
    void whatIsNotASizeIsRefused(String text) {
        assertThatThrownBy(() -> Quantities.parseSize(text, text)).isInstanceOf(InvalidValueException.class);
    }

    @ParameterizedTest
    @CsvSource({"db1:3306, db1, 3306", "127.0.0.1:0, 127.0.0.1, 0", "[::1]:65535, ::1, 65535", "a-b.c:1, a-b.c, 1"})
    void anAddressIsAHostAndAPortAndPrintsAsItIsWritten(String text, String host, int port) {
        HostPort address = HostPort.parse(text);

        assertThat(address).isEqualTo(new HostPort(host, port)).hasToString(text);
        assertThat(address.unresolved().isUnresolved()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "db1", ":1", "db1:", "db1:x", "db1:65536", "db1:-1", "::1:1", "a b:1", "u@h:1", "[]:1"})
    void whatIsNotAnAddressIsRefused(String text) {
        assertThatThrownBy(() -> HostPort.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "wieght, weight",
        "weigth, weight",
        "maxConnections, max-connections",
        "MAX_CONNECTIONS, max-connections",
        "zon, zone",
    })
    void aMisspelledNameFindsItsNeighbour(String written, String expected) {
        assertThat(NearestName.of(written, List.of("address", "weight", "zone", "max-connections")))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "role", "password", ""})
    void aStrangeNameFindsNothing(String written) {
        assertThat(NearestName.of(written, List.of("address", "weight", "zone", "max-connections")))
                .isNull();
    }

    @Test
    void aSecretShowsItselfOnlyWhenAsked() {
        Secret secret = Secret.of("hunter2");

        assertThat(secret.reveal()).isEqualTo("hunter2");
        assertThat(secret).hasToString("******").isEqualTo(Secret.of("hunter2")).isNotEqualTo(Secret.of("hunter3"));
        assertThat(secret).hasSameHashCodeAs(Secret.of("other"));
        assertThat(MONITOR.toString()).doesNotContain("hunter2");
    }

    @ParameterizedTest
    @CsvSource({"beat", "a.b.c", "a`.b", "a.b; DROP TABLE c", ".b", "a."})
    void aHeartbeatTableIsASchemaAndATableAndNothingElse(String name) {
        assertThatThrownBy(() -> ConfigKeys.MONITOR_HEARTBEAT_TABLE.type().parse(name, name))
                .isInstanceOf(InvalidValueException.class);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MonitorConfig.HeartbeatConfig(HeartbeatMode.READ, name));
    }

    @Test
    void aRecordMadeInCodeIsHeldToTheLimitsOfTheFile() {
        HostPort address = new HostPort("a", 1);

        assertThatThrownBy(() -> new BackendConfig(address, 1001, Optional.empty(), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("backends[].weight: 1001 is out of range, 0 to 1000");
        assertThatThrownBy(() -> BackendConfig.of(new HostPort("a", 0))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new TlsConfig.Backend(TlsMode.PREFERRED, Optional.of(Path.of("ca"))))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new HostPort("a", 65_536)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aConfigurationMadeInCodeHasOneToSixtyFourDifferentBackends() {
        List<BackendConfig> tooMany = IntStream.rangeClosed(1, 65)
                .mapToObj(port -> BackendConfig.of(new HostPort("a", port)))
                .toList();

        assertThat(with(tooMany.subList(0, 64)).backends()).hasSize(64);
        for (List<BackendConfig> wrong :
                List.of(tooMany, List.<BackendConfig>of(), List.of(tooMany.get(0), tooMany.get(0)))) {
            assertThatThrownBy(() -> with(wrong)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static SluiceConfig with(List<BackendConfig> backends) {
        return SluiceConfig.withDefaults(new HostPort("127.0.0.1", 0), Path.of("/state"), backends, MONITOR);
    }
}
