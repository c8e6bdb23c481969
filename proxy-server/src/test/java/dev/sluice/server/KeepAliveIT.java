package dev.sluice.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.server.config.Transport;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The kernel takes what Sluice asks of it for silent connections, whatever the transport. */
class KeepAliveIT {
    @ParameterizedTest
    @EnumSource
    void theKernelLooksAfterSilentConnections(Transport wanted) throws Exception {
        IoTransport transport = IoTransport.of(wanted);
        ChannelHandler nothing = new ChannelInboundHandlerAdapter();
        Map<String, Integer> taken = new HashMap<>();
        Map<String, Integer> asked = new HashMap<>();
        EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, transport.handlers());
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Bootstrap bootstrap = new Bootstrap()
                    .group(loop)
                    .channel(transport.socket())
                    .option(ChannelOption.SO_KEEPALIVE, true)
                    .handler(nothing);
            transport.keepAlive().forEach(bootstrap::option);
            Channel channel =
                    bootstrap.connect(server.getLocalSocketAddress()).sync().channel();
            transport.keepAlive().forEach((option, value) -> {
                asked.put(option.name(), value);
                taken.put(option.name(), channel.config().getOption(option));
            });
            channel.close().sync();
        } finally {
            loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        }
        assertThat(taken).isEqualTo(asked).hasSize(3);
    }
}
