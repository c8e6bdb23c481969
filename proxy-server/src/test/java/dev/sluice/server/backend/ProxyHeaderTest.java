package dev.sluice.server.backend;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.util.NetUtil;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProxyHeaderTest {
    private static ByteBuf header(ProxyHeader version, String address) {
        return version.of(UnpooledByteBufAllocator.DEFAULT, NetUtil.createInetAddressFromIpAddressString(address));
    }

    /** Netty's decoder is somebody else's reading of the protocol. */
    @ParameterizedTest
    @CsvSource({
        "V1, 10.1.2.3, V1, TCP4, 0.0.0.0",
        "V1, fd00::12, V1, TCP6, ::",
        "V1, 2001:db8:1:2:3:4:5:6, V1, TCP6, ::",
        "V2, 10.1.2.3, V2, TCP4, 0.0.0.0",
        "V2, fd00::12, V2, TCP6, ::"
    })
    void whatIsWrittenIsRead(ProxyHeader header, String address, String version, String protocol, String destination) {
        EmbeddedChannel channel = new EmbeddedChannel(new HAProxyMessageDecoder());
        channel.writeInbound(header(header, address));
        HAProxyMessage read = channel.readInbound();
        assertThat(read.protocolVersion()).hasToString(version);
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

    @Test
    void versionOneIsALine() {
        ByteBuf header = header(ProxyHeader.V1, "192.0.2.7");
        assertThat(header.toString(StandardCharsets.US_ASCII)).isEqualTo("PROXY TCP4 192.0.2.7 0.0.0.0 0 0\r\n");
        header.release();
    }
}
