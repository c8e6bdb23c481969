package dev.sluice.server.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.Capabilities;
import dev.sluice.router.topology.ServerFacts;
import dev.sluice.router.topology.ServerFlavor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServerCapabilitiesTest {
    private static final int METADATA = Capabilities.CLIENT_OPTIONAL_RESULTSET_METADATA;
    private static final int BOTH = METADATA | Capabilities.CLIENT_QUERY_ATTRIBUTES;

    @ParameterizedTest
    @CsvSource({
        "8.0.31, MYSQL, 2",
        "8.0.23-0ubuntu0.20.04.1, MYSQL, 2",
        "8.0.22, MYSQL, 1",
        "8.0.3-rc-log, MYSQL, 1",
        "8.0.2, MYSQL, 0",
        "5.7.44-log, MYSQL, 0",
        "8.4.0, MYSQL, 2",
        "9.7.4, MYSQL, 2",
        "26.10.0, MYSQL, 2",
        "nothing, MYSQL, 0",
        "11.4.5-MariaDB, MARIADB, 0",
        "99999999999.1.1, MYSQL, 0"
    })
    void theVersionTells(String version, ServerFlavor flavor, int expected) {
        ServerFacts server = new ServerFacts(version, flavor, 1, null, 255, "", true);
        assertThat(ServerCapabilities.of(server)).isEqualTo(expected == 0 ? 0 : expected == 1 ? METADATA : BOTH);
    }
}
