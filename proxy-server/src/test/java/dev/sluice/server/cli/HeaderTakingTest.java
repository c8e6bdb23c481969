package dev.sluice.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.config.ProxyProtocol;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeaderTakingTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "null",
            value = {
                "10.0.0.7 | *",
                "10.0.0.7 | 10.0.0.7",
                "10.0.0.7 | 192.168.0.0/16,10.0.0.0/24",
                "10.0.0.7 | 192.168.0.0/16, localhost  10.0.0.0/24",
                "::1 | ::1, 127.0.0.1",
                "localhost | 127.0.0.0/8, ::1",
            })
    void anAddressThatIsListedIsRight(String seen, String networks) {
        assertThat(new HeaderTaking(true, networks, seen).problem(ProxyProtocol.V2))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "null",
            value = {
                "10.0.0.7 | null",
                "10.0.0.7 | ''",
                "10.0.0.7 | 10.0.1.0/24, fe80::/10",
                "127.0.0.1 | localhost",
                "no-such-host.invalid | 10.0.0.0/8",
                "10.0.0.7 | what is that",
            })
    void anAddressThatIsNotIsSaidToBeMissing(String seen, String networks) {
        assertThat(new HeaderTaking(true, networks, seen).problem(ProxyProtocol.V1))
                .hasValueSatisfying(problem -> assertThat(problem)
                        .startsWith("pool.proxy-protocol is v1, but the server takes no header from " + seen)
                        .contains("proxy_protocol_networks is '" + (networks == null ? "" : networks) + "'"));
    }

    @Test
    void mySqlNeverTakesThemAndNobodyIsAskedWhereNoneAreSent() {
        assertThat(new HeaderTaking(false, null, "10.0.0.7").problem(ProxyProtocol.V2))
                .hasValueSatisfying(problem -> assertThat(problem).contains("only MariaDB servers"));
        assertThat(new HeaderTaking(false, null, "10.0.0.7").problem(ProxyProtocol.OFF))
                .isEmpty();
    }
}
