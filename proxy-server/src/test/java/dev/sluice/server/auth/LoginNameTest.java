package dev.sluice.server.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;

class LoginNameTest {
    @Test
    void anIpv4AddressIsOneHoweverItCame() throws Exception {
        byte[] mapped = new byte[16];
        mapped[10] = (byte) 0xFF;
        mapped[11] = (byte) 0xFF;
        mapped[12] = 10;
        mapped[15] = 7;
        LoginName name = new LoginName("app", Inet6Address.getByAddress(null, mapped, -1));
        assertThat(name.host()).isInstanceOf(Inet4Address.class);
        assertThat(name).isEqualTo(new LoginName("app", InetAddress.getByAddress(new byte[] {10, 0, 0, 7})));
    }

    @Test
    void theInterfaceIsNoPartOfAnAddress() throws Exception {
        byte[] local = InetAddress.getByName("fe80::1").getAddress();
        LoginName name = new LoginName("app", Inet6Address.getByAddress(null, local, 3));
        assertThat(String.valueOf(name.host())).doesNotContain("%");
    }

    @Test
    void whoeverComesFromAnotherHostIsSomebodyElse() throws Exception {
        LoginName here = new LoginName("app", InetAddress.getByAddress(new byte[] {10, 0, 0, 7}));
        assertThat(here)
                .isNotEqualTo(new LoginName("app", InetAddress.getByAddress(new byte[] {10, 0, 0, 8})))
                .isNotEqualTo(LoginName.of("app"));
    }
}
