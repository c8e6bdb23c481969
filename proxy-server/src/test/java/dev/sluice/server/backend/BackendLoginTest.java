package dev.sluice.server.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.topology.BackendAddress;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.auth.LoginName;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BackendLoginTest {
    private static final byte[] SECRET = {'s', 'e', 'c', 'r', 'e', 't', 0};

    private final BackendLogin login = new BackendLogin(
            new PoolKey(0, LoginName.of("app"), 0),
            Credential.ofPassword(LoginName.of("app"), "secret".getBytes(StandardCharsets.US_ASCII)),
            new BackendAddress("db0", 3306),
            null,
            () -> 0);

    @ParameterizedTest
    @ValueSource(strings = {"mysql_clear_password", "sha256_password"})
    void aPasswordIsSaidInTheClearInsideTls(String plugin) {
        assertThat(login.switched(plugin, new byte[21], true)).isEqualTo(SECRET);
    }

    @Test
    void withoutTlsItIsNot() {
        assertThat(login.switched("mysql_clear_password", new byte[21], false)).isNull();
        // A request for the key that encrypts it.
        assertThat(login.switched("sha256_password", new byte[21], false)).containsExactly(1);
    }
}
