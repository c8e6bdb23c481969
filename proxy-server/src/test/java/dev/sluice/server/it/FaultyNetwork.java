package dev.sluice.server.it;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The network between Sluice and one server, with faults on demand: delay, an answer that breaks off, silence in one direction
 * or both, a cut. Thread-safe: volatile settings, and a thread of its own.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a fault of the fault is a closed channel, which is a fault all the same
final class FaultyNetwork implements AutoCloseable {
    private static final long UNLIMITED = Long.MAX_VALUE;

    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Set<Channel> channels = ConcurrentHashMap.newKeySet();
    private final Channel listener;
    private final int target;
    private volatile Duration delay = Duration.ZERO;
    private volatile boolean answersLost;
    private volatile boolean requestsLost;
    private volatile boolean refusing;
    private final AtomicLong answerBytesLeft = new AtomicLong(UNLIMITED);

    FaultyNetwork(int target) {
        this.target = target;
        this.listener = new ServerBootstrap()
                .group(loop)
                .channel(NioServerSocketChannel.class)
                .childOption(ChannelOption.AUTO_READ, false)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel client) {
                        accept(client);
                    }
                })
                .bind("127.0.0.1", 0)
                .syncUninterruptibly()
                .channel();
    }

    int port() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    /** Everything takes this long in each direction. */
    void delay(Duration value) {
        delay = value;
    }

    /** Nothing arrives any more, in either direction, and no connection breaks. */
    void blackHole() {
        requestsLost = true;
        answersLost = true;
    }

    /** The server hears everything, and nothing that it says arrives. */
    void loseAnswers() {
        answersLost = true;
    }

    /** After so many bytes of answers all connections are cut. */
    void cutAfterAnswerBytes(long bytes) {
        answerBytesLeft.set(bytes);
    }

    /** All connections break, and no new one is taken. */
    void cut() {
        refusing = true;
        channels.forEach(Channel::close);
    }

    /** The network is well again; what was lost stays lost. */
    void heal() {
        delay = Duration.ZERO;
        answersLost = false;
        requestsLost = false;
        refusing = false;
        answerBytesLeft.set(UNLIMITED);
    }

    private void accept(Channel client) {
        if (refusing) {
            client.close();
            return;
        }
        channels.add(client);
        Channel server = new Bootstrap()
                .group(client.eventLoop())
                .channel(NioSocketChannel.class)
                .option(ChannelOption.AUTO_READ, false)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new Pump(client, false));
                    }
                })
                .connect("127.0.0.1", target)
                .addListener((ChannelFutureListener) connected -> {
                    if (connected.isSuccess()) {
                        client.config().setAutoRead(true);
                        connected.channel().config().setAutoRead(true);
                    } else {
                        client.close();
                    }
                })
                .channel();
        channels.add(server);
        client.pipeline().addLast(new Pump(server, true));
    }

    /** One direction of one connection. */
    private final class Pump extends ChannelInboundHandlerAdapter {
        private final Channel to;
        private final boolean requests;

        Pump(Channel to, boolean requests) {
            this.to = to;
            this.requests = requests;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            if (requests ? requestsLost : answersLost) {
                bytes.release();
                return;
            }
            if (!requests && answerBytesLeft.get() != UNLIMITED) {
                long left = answerBytesLeft.addAndGet(-bytes.readableBytes());
                if (left < 0) {
                    ByteBuf head = bytes.readSlice((int) Math.max(0, bytes.readableBytes() + left));
                    to.writeAndFlush(head.retain()).addListener(sent -> cut());
                    bytes.release();
                    return;
                }
            }
            long nanos = delay.toNanos();
            if (nanos == 0) {
                to.writeAndFlush(bytes, to.voidPromise());
            } else {
                context.executor()
                        .schedule(() -> to.writeAndFlush(bytes, to.voidPromise()), nanos, TimeUnit.NANOSECONDS);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            channels.remove(context.channel());
            if (!(requests ? requestsLost : answersLost)) {
                to.close();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            // A reset by either end, which the other end is told by the close.
            context.close();
        }
    }

    @Override
    public void close() {
        listener.close().syncUninterruptibly();
        channels.forEach(Channel::close);
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
