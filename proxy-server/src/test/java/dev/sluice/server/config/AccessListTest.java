package dev.sluice.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccessListTest {
    /** Literals only. */
    private static InetAddress address(String literal) throws UnknownHostException {
        return InetAddress.getByName(literal);
    }

    private static boolean contains(String network, String address) throws UnknownHostException {
        return IpNetwork.parse(network).contains(address(address));
    }

    @ParameterizedTest
    @CsvSource({
        "10.1.2.3, 10.1.2.3, true",
        "10.1.2.3, 10.1.2.4, false",
        "10.0.0.0/8, 10.255.255.255, true",
        "10.0.0.0/8, 11.0.0.0, false",
        "10.0.0.0/9, 10.127.255.255, true",
        "10.0.0.0/9, 10.128.0.0, false",
        "10.128.0.0/9, 10.255.0.1, true",
        "10.128.0.0/9, 10.127.0.1, false",
        "0.0.0.0/0, 203.0.113.9, true",
        "0.0.0.0/0, ::1, false",
        "::/0, ::1, true",
        "::/0, 127.0.0.1, false",
        "fd00::/8, fc00::1, false",
        "fc00::/7, fdff::1, true",
        "2001:db8::/33, 2001:db8:7fff::1, true",
        "2001:db8::/33, 2001:db8:8000::1, false",
        // Clients of IPv4 at a socket of both kinds.
        "10.0.0.0/8, ::ffff:10.1.1.1, true",
    })
    void aNetworkHasItsAddresses(String network, String address, boolean expected) throws UnknownHostException {
        assertThat(contains(network, address)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/33, has no prefix",
        "10.0.0.0/-1, has no prefix",
        "10.0.0.0/, has no prefix",
        "::/129, has no prefix",
        "10.0.0.0/255.0.0.0, has no prefix",
        "10.0.0.1/8, has bits beyond its prefix",
        "fd00::1/64, has bits beyond its prefix",
        "localhost, is no address",
        "fe80::1%eth0, is no address",
        "10.0.0, is no address",
        "@10.0.0.0/8, has no user",
        "'10.0.0.0/8,', has an empty entry",
        "'', has an empty entry",
        "app@, is no address",
    })
    void whatIsNoNetworkIsRefused(String text, String why) {
        assertThatThrownBy(() -> AccessList.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why);
    }

    @Test
    void aListIsWrittenAsItWasRead() {
        String text = "10.0.0.0/8, app@fd00::/8, a@b@10.0.0.1, root@*, *";
        assertThat(AccessList.parse(text)).hasToString(text).isEqualTo(AccessList.parse(text.replace(", ", ",")));
        assertThat(AccessList.parse(text).entries().get(2).user()).isEqualTo("a@b");
        assertThat(AccessList.parse("none")).hasToString("none");
    }

    @Test
    void anEmptyListOfThoseWhoMayLetsNobodyIn() throws UnknownHostException {
        AccessConfig nobody =
                new AccessConfig(AccessList.parse("none"), AccessList.parse("none"), AccessList.parse("none"));
        assertThat(nobody.admits(address("::1"))).isFalse();
        assertThat(AccessConfig.defaults().admits(address("::1"), "root")).isTrue();
    }
}
