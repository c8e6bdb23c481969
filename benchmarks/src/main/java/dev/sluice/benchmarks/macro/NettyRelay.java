package dev.sluice.benchmarks.macro;

import dev.sluice.server.IoTransport;
import dev.sluice.server.config.HostPort;
import dev.sluice.server.config.Transport;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A relay of bytes: what a JVM with Netty costs that looks at nothing and shares nothing. Each client has a server
 * connection of its own, on the same event loop; there is one handler a side, a write for each read, and a flush when all
 * that is there has been read. Unsent bytes stop the other side where they do in Sluice.
 */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive at exceptionCaught or channelInactive
final class NettyRelay {
    private static final WriteBufferWaterMark UNSENT = new WriteBufferWaterMark(128 * 1024, 256 * 1024);

    private final IoTransport transport;
    private final EventLoopGroup loops;

    private NettyRelay(IoTransport transport, int threads) {
        this.transport = transport;
        this.loops = new MultiThreadIoEventLoopGroup(threads, transport.handlers());
    }

    /**
     * Runs until the process is ended.
     *
     * @param arguments the transport, the number of event loops, and for each port what it listens at and the servers in
     *     turn, as in {@code 127.0.0.1:7000=127.0.0.1:3306,127.0.0.1:3307}
     */
    public static void main(String[] arguments) throws InterruptedException {
        NettyRelay relay =
                new NettyRelay(IoTransport.of(Transport.valueOf(arguments[0])), Integer.parseInt(arguments[1]));
        for (String port : Arrays.asList(arguments).subList(2, arguments.length)) {
            String[] sides = port.split("=", 2);
            List<HostPort> servers = new ArrayList<>();
            for (String server : sides[1].split(",", -1)) {
                servers.add(address(server));
            }
            relay.listen(address(sides[0]), servers);
        }
    }

    private static HostPort address(String text) {
        int colon = text.lastIndexOf(':');
        return new HostPort(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
    }

    private void listen(HostPort address, List<HostPort> servers) throws InterruptedException {
        new ServerBootstrap()
                .group(loops)
                .channel(transport.serverSocket())
                .childOption(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, UNSENT)
                .childHandler(new Clients(servers))
                .bind(address.host(), address.port())
                .sync();
    }

    /** Connects each client to the next server. Thread-safe. */
    private final class Clients extends ChannelInitializer<Channel> {
        private final List<HostPort> servers;
        private int next;

        Clients(List<HostPort> servers) {
            this.servers = List.copyOf(servers);
        }

        private synchronized HostPort nextServer() {
            next = (next + 1) % servers.size();
            return servers.get(next);
        }

        @Override
        protected void initChannel(Channel client) {
            HostPort server = nextServer();
            Forwarder towardsClient = new Forwarder(client);
            new Bootstrap()
                    .group(client.eventLoop())
                    .channel(transport.socket())
                    .option(ChannelOption.TCP_NODELAY, true)
                    .option(ChannelOption.AUTO_READ, false)
                    .option(ChannelOption.WRITE_BUFFER_WATER_MARK, UNSENT)
                    .handler(towardsClient)
                    .connect(server.host(), server.port())
                    .addListener((ChannelFutureListener) connected -> {
                        if (!connected.isSuccess()) {
                            client.close();
                            return;
                        }
                        client.pipeline().addLast(new Forwarder(connected.channel()));
                        client.config().setAutoRead(true);
                        connected.channel().config().setAutoRead(true);
                    });
        }
    }

    /** Writes what one side says to the other. Confined to the event loop of both. */
    private static final class Forwarder extends ChannelInboundHandlerAdapter {
        private final Channel other;

        Forwarder(Channel other) {
            this.other = other;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            other.write(message, other.voidPromise());
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            other.flush();
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            other.config().setAutoRead(context.channel().isWritable());
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            other.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}
