package dev.sluice.server.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplicationDialectTest {
    @ParameterizedTest
    @CsvSource({
        "5.7.44-log,MYSQL_MASTER",
        "8.0.21,MYSQL_MASTER",
        "8.0.22,MYSQL_SOURCE",
        "8.0.31,MYSQL_SOURCE",
        "8.4.0,MYSQL_SOURCE",
        "9.7.4-0debian1,MYSQL_SOURCE",
        "10.11.19-MariaDB-0+deb12u1-log,MARIADB",
        "5.5.5-10.11.19-MariaDB,MARIADB",
        "custom,MYSQL_SOURCE",
    })
    void theVersionDecidesHowAServerIsAsked(String version, ReplicationDialect expected) {
        assertThat(ReplicationDialect.ofVersion(version)).isEqualTo(expected);
    }
}
