package dev.sluice.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ConfigValuesTest {
    private static final String FILE = """
            listen: 127.0.0.1:6033
            server-version: 8.0.31
            state-dir: /var/lib/sluice
            backends: [{address: "a:1"}]
            monitor: {user: m, password: hunter2, timeout: 1500ms}
            routing: {balance: p2c, users: [{name: batch, consistency: none}], zone: east}
            limits: {frontend-buffer: 512KiB}
            tls: {frontend: {cert: /c.pem, key: /k.pem}, backend: {mode: required, ca: /ca.pem, cert: /b.pem, key: /b.key}}
            metrics: {listen: "127.0.0.1:9104"}
            admin: {listen: "127.0.0.1:6032", user: dba, password: s3cret, token: 0123456789abcdef0123456789abcdef}
            """;

    private static SluiceConfig parse(String text) throws ConfigException {
        return new ConfigLoader().parse(text, "f", Path.of("/"));
    }

    @Test
    void everyKeyButThoseOfBackendsIsFoundUnderItsName() throws ConfigException {
        Map<String, String> values = ConfigValues.of(parse(FILE));
        Set<String> missing = new TreeSet<>();
        for (ConfigKey<?> key : ConfigKeys.all()) {
            boolean expected = key.presence() != ConfigKey.Presence.OPTIONAL || FILE.contains(key.name() + ":");
            if (expected && !key.path().startsWith("backends[]") && !values.containsKey(key.path())) {
                missing.add(key.path());
            }
        }
        assertThat(missing).isEmpty();
    }

    @Test
    void valuesAreWrittenAsInAFileAndSecretsAreNot() throws ConfigException {
        Map<String, String> values = ConfigValues.of(parse(FILE));
        assertThat(values)
                .containsEntry("listen", "127.0.0.1:6033")
                .containsEntry("monitor.password", "******")
                .containsEntry("admin.token", "******")
                .containsEntry("admin.listen", "127.0.0.1:6032")
                .containsEntry("monitor.timeout", "1500ms")
                .containsEntry("monitor.max-lag", "10s")
                .containsEntry("routing.zone", "east")
                .containsEntry("limits.frontend-buffer", "512KiB")
                .containsEntry("tls.frontend.cert", "/c.pem")
                .containsEntry("tls.backend.mode", "required")
                .containsEntry("routing.read-splitting", "true");
    }

    @Test
    void aChangedSecretIsAChange() throws ConfigException {
        SluiceConfig before = parse(FILE);
        assertThat(ConfigValues.changed(before, parse(FILE))).isEmpty();
        assertThat(ConfigValues.changed(before, parse(FILE.replace("hunter2", "hunter3"))))
                .containsExactly("monitor.password");
        assertThat(ConfigValues.changed(before, parse(FILE.replace(", zone: east", ""))))
                .containsExactly("routing.zone");
        assertThat(ConfigValues.changed(before, parse(FILE.replace("consistency: none", "consistency: global"))))
                .containsExactly("routing.users[].consistency");
    }

    @Test
    void aValueCanBeReadAgain() throws Exception {
        Map<String, String> values = ConfigValues.of(parse(FILE));
        for (ConfigKey<?> key : ConfigKeys.all()) {
            String text = values.get(key.path());
            if (text != null && !List.of("secret").contains(key.type().name())) {
                assertThat(key.type().parse(text, text)).isNotNull();
            }
        }
    }
}
