package dev.sluice.benchmarks.macro;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.auth.CachingSha2Password;
import dev.sluice.protocol.auth.NativePassword;
import dev.sluice.protocol.packet.AuthSwitchRequest;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.protocol.packet.HandshakeResponse41;
import dev.sluice.protocol.packet.HandshakeV10;
import dev.sluice.protocol.response.ResponseScanner;
import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.protocol.response.Step;
import dev.sluice.server.config.HostPort;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * A client that costs next to nothing, so that thousands of them fit beside what they measure: no threads, no driver, no
 * look at rows. It does not encrypt. Confined to one thread at a time.
 */
final class WireClient implements AutoCloseable {
    private static final int CAPABILITIES = Capabilities.CLIENT_LONG_PASSWORD
            | Capabilities.CLIENT_LONG_FLAG
            | Capabilities.CLIENT_CONNECT_WITH_DB
            | Capabilities.CLIENT_PROTOCOL_41
            | Capabilities.CLIENT_TRANSACTIONS
            | Capabilities.CLIENT_SECURE_CONNECTION
            | Capabilities.CLIENT_MULTI_RESULTS
            | Capabilities.CLIENT_PS_MULTI_RESULTS
            | Capabilities.CLIENT_PLUGIN_AUTH
            | Capabilities.CLIENT_SESSION_TRACK
            | Capabilities.CLIENT_DEPRECATE_EOF;
    /** A collation that MySQL and MariaDB have: utf8mb4_general_ci. */
    private static final int COLLATION = 45;

    private static final int PACKET_BYTES_MAX = 1 << 30;
    /** A proxy that hangs shall end the run, not stop it. */
    private static final int TIMEOUT_MILLIS = 30_000;

    private static final int BUFFER_BYTES_MIN = 2 * 1024;
    private static final byte[] QUIT = {1, 0, 0, 0, 1};

    private final SocketChannel channel;
    private final ResponseScanner scanner = new ResponseScanner();
    private final ByteBuf in = Unpooled.buffer(BUFFER_BYTES_MIN);
    private int statementId;

    private WireClient(SocketChannel channel) {
        this.channel = channel;
    }

    /** Connects and logs in, with mysql_native_password or what caching_sha2_password remembers. */
    static WireClient connect(HostPort address, Login login, String database) throws IOException {
        SocketChannel channel = SocketChannel.open();
        try {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.socket().setSoTimeout(TIMEOUT_MILLIS);
            channel.socket().connect(new InetSocketAddress(address.host(), address.port()), TIMEOUT_MILLIS);
            WireClient client = new WireClient(channel);
            client.login(login, database);
            return client;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private void login(Login login, String database) throws IOException {
        HandshakeV10 greeting = HandshakeV10.decode(packet(), 0);
        byte[] password = login.password().getBytes(StandardCharsets.UTF_8);
        String plugin = greeting.authPluginName();
        HandshakeResponse41 response = new HandshakeResponse41(
                CAPABILITIES,
                PACKET_BYTES_MAX,
                COLLATION,
                login.user(),
                scramble(plugin, password, greeting.authPluginData()),
                database,
                plugin,
                Map.of());
        ByteBuf out = Unpooled.buffer();
        int header = Packets.begin(out, 1);
        response.encode(out, CAPABILITIES);
        Packets.end(out, header);
        write(out.nioBuffer());
        int sequenceId = 3;
        while (true) {
            ByteBuf answer = packet();
            int first = answer.getUnsignedByte(answer.readerIndex());
            if (first == AuthSwitchRequest.HEADER) {
                AuthSwitchRequest request = AuthSwitchRequest.decode(answer, CAPABILITIES);
                write(ByteBuffer.wrap(framed(sequenceId, scramble(request.plugin(), password, request.data()))));
                sequenceId += 2;
            } else if (first == ErrPacket.HEADER) {
                throw new IOException("login refused: " + ErrPacket.decode(answer, CAPABILITIES));
            } else if (first == 0) {
                return;
            } else if (answer.getUnsignedByte(answer.readerIndex() + 1) != CachingSha2Password.FAST_AUTH_SUCCESS) {
                throw new IOException("login needs the password itself: give an account with mysql_native_password, or"
                        + " one that has logged in before");
            }
        }
    }

    private static byte[] scramble(String plugin, byte[] password, byte[] nonce) throws IOException {
        return switch (plugin) {
            case NativePassword.NAME -> NativePassword.scramble(password, nonce);
            case CachingSha2Password.NAME -> CachingSha2Password.scramble(password, nonce);
            default -> throw new IOException("login with " + plugin + " is not implemented here");
        };
    }

    /** One packet of the connection phase, which is read as a whole. */
    private ByteBuf packet() throws IOException {
        fill(Packets.HEADER_LENGTH);
        int length = in.readUnsignedMediumLE();
        in.skipBytes(1);
        fill(length);
        return in.readSlice(length);
    }

    private void fill(int bytes) throws IOException {
        while (in.readableBytes() < bytes) {
            read(Math.max(bytes, BUFFER_BYTES_MIN));
        }
    }

    private static byte[] framed(int sequenceId, byte[] payload) {
        ByteBuf out = Unpooled.buffer(Packets.HEADER_LENGTH + payload.length);
        int header = Packets.begin(out, sequenceId);
        out.writeBytes(payload);
        Packets.end(out, header);
        return out.array();
    }

    /** A statement as it is sent; it may be sent often. */
    static byte[] query(String sql) {
        byte[] text = sql.getBytes(StandardCharsets.UTF_8);
        byte[] payload = new byte[1 + text.length];
        payload[0] = (byte) CommandType.COM_QUERY.code();
        System.arraycopy(text, 0, payload, 1, text.length);
        return framed(0, payload);
    }

    /** Sends a query and reads its whole answer; returns its bytes. */
    long run(byte[] query) throws IOException {
        send(query);
        long bytes = 0;
        while (!scanner.isComplete()) {
            int before = in.readableBytes();
            read(BUFFER_BYTES_MIN);
            bytes += in.readableBytes() - before;
            scan();
        }
        return bytes;
    }

    /** Prepares a statement; {@link #execute} runs it. */
    int prepare(String sql) throws IOException {
        byte[] command = query(sql);
        command[Packets.HEADER_LENGTH] = (byte) CommandType.COM_STMT_PREPARE.code();
        scanner.begin(ResponseShape.PREPARE, true);
        write(ByteBuffer.wrap(command));
        while (!scanner.isComplete()) {
            read(BUFFER_BYTES_MIN);
            scan();
        }
        return statementId;
    }

    /** The command that executes a prepared statement with one parameter, an INT. */
    static byte[] execute(int statement, int parameter) {
        ByteBuf out = Unpooled.buffer();
        int header = Packets.begin(out, 0);
        out.writeByte(CommandType.COM_STMT_EXECUTE.code());
        out.writeIntLE(statement);
        out.writeByte(0);
        out.writeIntLE(1);
        out.writeByte(0);
        out.writeByte(1);
        out.writeShortLE(3);
        out.writeIntLE(parameter);
        Packets.end(out, header);
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        return bytes;
    }

    /** Lets the client take part in a selector; {@link #send} and {@link #receive} do not wait from then on. */
    SelectionKey register(Selector selector) throws IOException {
        channel.configureBlocking(false);
        return channel.register(selector, SelectionKey.OP_READ, this);
    }

    /** Sends a command whose answer has the form of a query's. */
    void send(byte[] command) throws IOException {
        scanner.begin(ResponseShape.QUERY, true);
        write(ByteBuffer.wrap(command));
    }

    private void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Reads what has come; true if the answer is complete. */
    boolean receive() throws IOException {
        in.discardReadBytes();
        in.ensureWritable(BUFFER_BYTES_MIN);
        ByteBuffer free = in.nioBuffer(in.writerIndex(), in.writableBytes());
        int count = channel.read(free);
        if (count < 0) {
            throw new EOFException("the other side has disconnected");
        }
        in.writerIndex(in.writerIndex() + count);
        scan();
        return scanner.isComplete();
    }

    /** Waits for bytes; the buffer grows with what comes at once. */
    private void read(int bytes) throws IOException {
        in.discardReadBytes();
        in.ensureWritable(bytes);
        Socket socket = channel.socket();
        InputStream stream = socket.getInputStream();
        int count = stream.read(in.array(), in.arrayOffset() + in.writerIndex(), in.writableBytes());
        if (count < 0) {
            throw new EOFException("the other side has disconnected");
        }
        in.writerIndex(in.writerIndex() + count);
    }

    private void scan() throws IOException {
        while (!scanner.isComplete()) {
            Step step = scanner.next(in);
            if (step == Step.NEED_MORE) {
                return;
            }
            if (step == Step.ERR) {
                throw new IOException("a statement failed with error " + scanner.errorCode());
            }
            if (step == Step.PREPARE_OK) {
                statementId = scanner.statementId();
            }
        }
    }

    /** Makes room for bulk, so that the client is not what is measured. */
    WireClient withBuffer(int bytes) {
        in.ensureWritable(bytes);
        return this;
    }

    /** Says goodbye and disconnects. */
    @Override
    public void close() throws IOException {
        try (channel) {
            if (channel.isOpen()) {
                channel.write(ByteBuffer.wrap(QUIT));
            }
        } catch (IOException gone) {
            // Who is gone needs no goodbye; the channel is closed all the same.
            in.clear();
        }
    }
}
