package dev.sluice.router.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BackendAddressTest {
    @ParameterizedTest
    @CsvSource({
        "db1,db1:3306",
        "db1:3307,db1:3307",
        "DB1.Example:3307,db1.example:3307",
        "[FE80::1%Eth0]:1,[fe80::1%Eth0]:1",
        "10.0.0.1:1,10.0.0.1:1",
        "[::1],[::1]:3306",
        "[fe80::1%eth0]:65535,[fe80::1%eth0]:65535",
    })
    void textIsReadAndPrinted(String text, String printed) {
        assertThat(BackendAddress.parse(text)).hasToString(printed);
        assertThat(BackendAddress.parse(printed)).isEqualTo(BackendAddress.parse(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":3306",
                "db1:",
                "db1:0",
                "db1:65536",
                "db1:+1",
                "::1",
                "[::1",
                "[::1]3306",
                "[db1]:1",
                "a b:1",
                "a/b"
            })
    void malformedTextIsRefused(String text) {
        assertThatThrownBy(() -> BackendAddress.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
