package dev.sluice.server.backend;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.codec.haproxy.HAProxyProtocolVersion;
import io.netty.util.NetUtil;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProxyHeaderTest {
    private static ByteBuf header(ProxyHeader version, String address) {
        return version.of(UnpooledByteBufAllocator.DEFAULT, NetUtil.createInetAddressFromIpAddressString(address));
    }

    /** Netty's decoder is somebody else's reading of the protocol. */
    @ParameterizedTest
    @CsvSource({"10.1.2.3, TCP4, 0.0.0.0", "fd00::12, TCP6, ::", "2001:db8:1:2:3:4:5:6, TCP6, ::"})
    void versionTwoIsRead(String address, String protocol, String destination) {
        EmbeddedChannel channel = new EmbeddedChannel(new HAProxyMessageDecoder());
        channel.writeInbound(header(ProxyHeader.V2, address));
        HAProxyMessage read = channel.readInbound();
        assertThat(read.protocolVersion()).isEqualTo(HAProxyProtocolVersion.V2);
        assertThat(read.command()).isEqualTo(HAProxyCommand.PROXY);
        assertThat(read.proxiedProtocol()).hasToString(protocol);
        assertThat(NetUtil.createInetAddressFromIpAddressString(read.sourceAddress()))
                .isEqualTo(NetUtil.createInetAddressFromIpAddressString(address));
        assertThat(NetUtil.createInetAddressFromIpAddressString(read.destinationAddress()))
                .isEqualTo(NetUtil.createInetAddressFromIpAddressString(destination));
        assertThat(read.sourcePort()).isZero();
        read.release();
        assertThat(channel.finish()).isFalse();
    }

    /** Netty's decoder does not take the port 0, which the protocol allows. */
    @ParameterizedTest
    @CsvSource({"192.0.2.7, TCP4 192.0.2.7 0.0.0.0", "fd00:0:0:0:0:0:0:12, TCP6 fd00::12 ::"})
    void versionOneIsALine(String address, String expected) {
        ByteBuf header = header(ProxyHeader.V1, address);
        assertThat(header.toString(StandardCharsets.US_ASCII)).isEqualTo("PROXY " + expected + " 0 0\r\n");
        header.release();
    }
}
