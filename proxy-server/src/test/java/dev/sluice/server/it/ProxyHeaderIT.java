package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.server.admin.Administration.Caller;
import dev.sluice.server.admin.Operation;
import dev.sluice.server.admin.ResultTable;
import dev.sluice.server.config.AccessConfig;
import dev.sluice.server.config.AccessList;
import dev.sluice.server.config.LimitsConfig.PerClient;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.util.NetUtil;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients behind a load balancer that says who they are, and those who say so without being one. */
@Timeout(60)
class ProxyHeaderIT {
    private static final String BALANCER = "127.0.77.1";
    private static final byte[] VERSION_2 = {0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A};
    private static final int LOCAL = 0x20;
    private static final int PROXY = 0x21;
    private static final int TCP_OVER_IPV4 = 0x11;
    private static final int TCP_OVER_IPV6 = 0x21;

    private static TestProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        proxy = TestProxy.options()
                .connectPhaseTimeout(Duration.ofSeconds(2))
                .perClient(new PerClient(1000, 2, 1000, 1000, AccessList.parse("127.0.0.1")))
                .access(new AccessConfig(
                        AccessList.parse("*"), AccessList.parse("10.66.0.0/16"), AccessList.parse("127.0.77.0/24")))
                .start(Servers.mysql());
    }

    @AfterAll
    static void stop() {
        proxy.close();
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    private static RawClient behind(byte[] header) throws IOException {
        RawClient client = RawClient.openFrom(BALANCER, proxy.port());
        client.writeWire(header);
        return client;
    }

    private static byte[] text(String header) {
        return (header + "\r\n").getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] binary(int command, int family, String source) {
        byte[] address = NetUtil.createByteArrayFromIpAddressString(source);
        ByteBuf header =
                Unpooled.buffer().writeBytes(VERSION_2).writeByte(command).writeByte(family);
        header.writeShort(2 * address.length + 4)
                .writeBytes(address)
                .writeBytes(address)
                .writeShort(4711)
                .writeShort(3306);
        return ByteBufUtil.getBytes(header);
    }

    /** The addresses of all sessions, as an operator sees them. */
    private static List<String> addresses() throws Exception {
        ResultTable sessions = proxy.server()
                .administration()
                .run(new Operation.Show(Operation.View.SESSIONS), new Caller("dba", null), step -> {});
        int column = sessions.columns().indexOf("client");
        return sessions.rows().stream()
                .map(row -> String.valueOf(row.get(column)))
                .toList();
    }

    @ParameterizedTest
    @CsvSource({
        "PROXY TCP4 10.1.2.3 10.9.9.9 4711 3306, 10.1.2.3:4711",
        "PROXY TCP6 fd00::12 fd00::1 4711 3306, fd00:0:0:0:0:0:0:12:4711"
    })
    void theAddressInAHeaderOfVersionOneIsTheClients(String header, String address) throws Exception {
        try (RawClient client = behind(text(header))) {
            assertThat(RawClient.first(client.tryLogin())).isZero();
            assertThat(client.value("SELECT 7")).isEqualTo("7");
            assertThat(addresses()).contains(address);
        }
    }

    @ParameterizedTest
    @CsvSource({"17, 10.1.2.4, 10.1.2.4:4711", "33, fd00::13, fd00:0:0:0:0:0:0:13:4711"})
    void theAddressInAHeaderOfVersionTwoIsTheClients(int family, String source, String address) throws Exception {
        assertThat(family).isIn(TCP_OVER_IPV4, TCP_OVER_IPV6);
        try (RawClient client = behind(binary(PROXY, family, source))) {
            assertThat(RawClient.first(client.tryLogin())).isZero();
            assertThat(client.value("SELECT 7")).isEqualTo("7");
            assertThat(addresses()).contains(address);
        }
    }

    @Test
    void aHeaderThatComesByteByByteIsRead() throws Exception {
        try (RawClient client = RawClient.openFrom(BALANCER, proxy.port())) {
            for (byte each : binary(PROXY, TCP_OVER_IPV4, "10.1.2.5")) {
                client.writeWire(new byte[] {each});
            }
            assertThat(RawClient.first(client.tryLogin())).isZero();
            assertThat(addresses()).contains("10.1.2.5:4711");
        }
    }

    @Test
    void aLoadBalancerThatAsksForItselfIsTheClient() throws Exception {
        for (byte[] header : List.of(text("PROXY UNKNOWN"), binary(LOCAL, TCP_OVER_IPV4, "10.1.2.6"))) {
            try (RawClient client = behind(header)) {
                assertThat(RawClient.first(client.tryLogin())).isZero();
                assertThat(addresses()).anyMatch(address -> address.startsWith(BALANCER + ":"));
            }
        }
    }

    @Test
    void listsAndLimitsAreForTheAddressInTheHeader() throws Exception {
        try (RawClient denied = behind(text("PROXY TCP4 10.66.0.1 10.9.9.9 4711 3306"))) {
            ErrPacket error = denied.err(denied.read());
            assertThat(error.code()).isEqualTo(1130);
            assertThat(error.message()).contains("10.66.0.1");
        }
        byte[] header = text("PROXY TCP4 10.2.0.1 10.9.9.9 4711 3306");
        try (RawClient one = behind(header);
                RawClient two = behind(header)) {
            assertThat(RawClient.first(one.tryLogin())).isZero();
            assertThat(RawClient.first(two.tryLogin())).isZero();
            try (RawClient three = behind(header);
                    RawClient other = behind(text("PROXY TCP4 10.2.0.2 10.9.9.9 4711 3306"))) {
                assertThat(three.err(three.read()).code()).isEqualTo(1226);
                assertThat(RawClient.first(other.tryLogin())).isZero();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PROXY TCP4 10.1.2.3 10.9.9.9 4711 99999",
                "PROXY TCP4 fd00::1 10.9.9.9 4711 3306",
                "PROXY TCP5 10.1.2.3 10.9.9.9 4711 3306",
                "GET / HTTP/1.1"
            })
    void whatIsNoHeaderEndsTheConnectionWithoutAWord(String header) throws Exception {
        try (RawClient client = behind(text(header))) {
            assertThatThrownBy(client::read).isInstanceOf(EOFException.class);
        }
        String metrics = new String(proxy.server().metrics().scrape(null).body(), StandardCharsets.UTF_8);
        assertThat(metrics.lines()
                        .filter(line -> line.startsWith("sluice_refusals_total{limit=\"proxy_header\"} "))
                        .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' ')))))
                .singleElement()
                .satisfies(count -> assertThat(count).isPositive());
    }

    @Test
    void aLoadBalancerThatSaysNothingIsRefusedWhenTheTimeForLoginsIsOver() throws Exception {
        try (RawClient client = RawClient.openFrom(BALANCER, proxy.port())) {
            assertThat(client.err(client.read()).message()).contains("PROXY protocol header");
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @Test
    void nobodyElseMayNameAnotherAddress() throws Exception {
        try (RawClient client = RawClient.open(proxy.port())) {
            client.writeWire(text("PROXY TCP4 10.1.2.3 10.9.9.9 4711 3306"));
            byte[] greeting = client.read();
            assertThat(RawClient.first(greeting)).isEqualTo(10);
            assertThat(client.isClosedByServer()).isTrue();
            await().untilAsserted(() -> assertThat(addresses()).noneMatch(address -> address.startsWith("10.1.2.3")));
        }
    }
}
