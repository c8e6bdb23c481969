package dev.sluice.server.capture;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.auth.CachingSha2Password;
import dev.sluice.protocol.auth.NativePassword;
import dev.sluice.protocol.auth.RsaKeys;
import dev.sluice.protocol.packet.AuthSwitchRequest;
import dev.sluice.protocol.packet.ChangeUser;
import dev.sluice.protocol.packet.HandshakeResponse41;
import dev.sluice.protocol.packet.HandshakeV10;
import dev.sluice.protocol.testing.ClientForm;
import dev.sluice.protocol.testing.ReplyKind;
import dev.sluice.protocol.testing.ReplyReader;
import dev.sluice.server.localcluster.LocalServer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A client that keeps every byte of its conversation. Confined to the thread of the test. */
final class RecordingClient implements ReplyReader.Client, AutoCloseable {
    private static final int TIMEOUT_MILLIS = 20_000;
    private static final int NO_STATEMENT = 9;
    private static final int UTF8MB4_GENERAL_CI = 45;
    private static final byte[][] FILE = {ascii("7\tseven\n"), ascii("8\teight\n9\t"), ascii("nine\n"), {}};

    private final LocalServer server;
    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private final ClientForm form;
    private final ByteArrayOutputStream answers = new ByteArrayOutputStream();
    private Account account = Account.ROOT;
    private byte[] nonce = new byte[0];
    private int connectionId;
    private @Nullable RecordingClient other;
    private int statement = NO_STATEMENT;

    private RecordingClient(LocalServer server, ClientForm form, Socket socket) throws IOException {
        this.server = server;
        this.form = form;
        this.socket = socket;
        in = new BufferedInputStream(socket.getInputStream());
        out = socket.getOutputStream();
    }

    /** Connects and reads the greeting. */
    static RecordingClient open(LocalServer server, ClientForm form) throws IOException {
        Socket socket = new Socket();
        socket.connect(new InetSocketAddress(server.host(), server.port()), TIMEOUT_MILLIS);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        RecordingClient client = new RecordingClient(server, form, socket);
        client.greeted();
        return client;
    }

    private void greeted() throws IOException {
        byte[] header = in.readNBytes(4);
        byte[] payload = in.readNBytes(header[0] & 0xFF);
        HandshakeV10 greeting = HandshakeV10.decode(Unpooled.wrappedBuffer(payload), 0);
        nonce = greeting.authPluginData();
        connectionId = (int) greeting.connectionId();
    }

    /** The name of the server's last binary log. */
    String binaryLog() {
        return server.queryValue("SHOW MASTER STATUS");
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    LocalServer server() {
        return server;
    }

    ClientForm form() {
        return form;
    }

    /** What a client says in answer to the greeting, and who it is from now on. */
    byte[] handshakeResponse(Account newAccount, String plugin) {
        account = newAccount;
        HandshakeResponse41 response = new HandshakeResponse41(
                form.capabilities() | Capabilities.CLIENT_CONNECT_WITH_DB,
                1 << 24,
                UTF8MB4_GENERAL_CI,
                account.user,
                scramble(plugin, nonce),
                Exchanges.DATABASE,
                plugin,
                Map.of());
        ByteBuf payload = Unpooled.buffer();
        response.encode(payload, response.capabilities());
        return ByteBufUtil.getBytes(payload);
    }

    /** What stands behind the code of COM_CHANGE_USER, and who the client is from now on. */
    byte[] changeUser(Account newAccount, String plugin) {
        account = newAccount;
        ChangeUser request = new ChangeUser(
                account.user, scramble(plugin, nonce), Exchanges.DATABASE, UTF8MB4_GENERAL_CI, plugin, Map.of());
        ByteBuf payload = Unpooled.buffer();
        request.encode(payload, form.capabilities());
        return ByteBufUtil.getBytes(payload, 1, payload.readableBytes() - 1);
    }

    private byte[] scramble(String plugin, byte[] challenge) {
        if (account.password.isEmpty()) {
            return new byte[0];
        }
        byte[] password = account.password.getBytes(StandardCharsets.UTF_8);
        return plugin.equals(CachingSha2Password.NAME)
                ? CachingSha2Password.scramble(password, challenge)
                : NativePassword.scramble(password, challenge);
    }

    /** Sends a payload as the first packet of a conversation. */
    byte[] send(int sequenceId, byte[] payload) throws IOException {
        byte[] packet = packet(sequenceId, payload);
        out.write(packet);
        out.flush();
        return packet;
    }

    private static byte[] packet(int sequenceId, byte[] payload) {
        byte[] packet = Arrays.copyOf(
                new byte[] {
                    (byte) payload.length,
                    (byte) (payload.length >> 8),
                    (byte) (payload.length >> 16),
                    (byte) sequenceId
                },
                4 + payload.length);
        System.arraycopy(payload, 0, packet, 4, payload.length);
        return packet;
    }

    /** Reads an answer. */
    ReplyReader read(String shape) throws IOException {
        return new ReplyReader(in, form.deprecatesEof(), this).read(shape);
    }

    /** Logs in for the first time. */
    void logIn(Account newAccount) throws IOException {
        send(1, handshakeResponse(newAccount, NativePassword.NAME));
        if (read("AUTH").kinds().contains(ReplyKind.ERR)) {
            throw new IOException("no login as " + newAccount.user);
        }
    }

    /** The connection id of another client, who is there as long as this one. */
    int another() throws IOException {
        RecordingClient client = open(server, form);
        client.logIn(Account.ROOT);
        other = client;
        return client.connectionId;
    }

    /** Runs a command and demands that it succeeds. */
    void prepare(Exchange setup) throws IOException {
        send(0, setup.payload().of(this));
        ReplyReader reply = read(setup.shape());
        if (reply.kinds().contains(ReplyKind.ERR)) {
            throw new IOException(setup.note() + ": " + new String(reply.bytes(), StandardCharsets.ISO_8859_1));
        }
        if (setup.shape().equals("PREPARE")) {
            statement = Unpooled.wrappedBuffer(reply.bytes()).getIntLE(5);
        }
    }

    /** The id of the statement that was prepared last; of none if none was. */
    int statement() {
        return statement;
    }

    /** The next command is the one that is recorded. */
    void begin() {
        answers.reset();
    }

    /** What the client has said since the command. */
    byte[] answers() {
        return answers.toByteArray();
    }

    /** Whether the server closes the connection without a word. */
    boolean isClosedByServer() throws IOException {
        return in.read() < 0;
    }

    @Override
    public void answer(ReplyKind kind, byte[] payload, int sequenceId) throws IOException {
        int id = sequenceId;
        switch (kind) {
            case LOCAL_INFILE -> {
                for (byte[] part : FILE) {
                    answers.writeBytes(send(++id, part));
                }
            }
            case AUTH_SWITCH -> {
                AuthSwitchRequest request =
                        AuthSwitchRequest.decode(Unpooled.wrappedBuffer(payload), form.capabilities());
                nonce = request.data();
                answers.writeBytes(send(++id, scramble(request.plugin(), nonce)));
            }
            case AUTH_MORE -> {
                byte[] next = next(payload);
                if (next.length > 0) {
                    answers.writeBytes(send(++id, next));
                }
            }
            default -> throw new IllegalArgumentException(kind.toString());
        }
    }

    /** The next step of caching_sha2_password; nothing if the server did not ask for one. */
    private byte[] next(byte[] payload) {
        if (payload.length > 2) {
            String pem = new String(payload, 1, payload.length - 1, StandardCharsets.US_ASCII);
            return RsaKeys.encryptPassword(account.password.getBytes(StandardCharsets.UTF_8), nonce, pem);
        }
        return payload[1] == CachingSha2Password.PERFORM_FULL_AUTHENTICATION
                ? new byte[] {(byte) CachingSha2Password.REQUEST_PUBLIC_KEY}
                : new byte[0];
    }

    @Override
    public void close() throws IOException {
        if (other != null) {
            other.close();
        }
        socket.close();
    }
}
