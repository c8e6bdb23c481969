package dev.sluice.server.it;

import static dev.sluice.protocol.Capabilities.CLIENT_CONNECT_WITH_DB;
import static dev.sluice.protocol.Capabilities.CLIENT_DEPRECATE_EOF;
import static dev.sluice.protocol.Capabilities.CLIENT_LONG_FLAG;
import static dev.sluice.protocol.Capabilities.CLIENT_LONG_PASSWORD;
import static dev.sluice.protocol.Capabilities.CLIENT_MULTI_RESULTS;
import static dev.sluice.protocol.Capabilities.CLIENT_MULTI_STATEMENTS;
import static dev.sluice.protocol.Capabilities.CLIENT_PLUGIN_AUTH;
import static dev.sluice.protocol.Capabilities.CLIENT_PROTOCOL_41;
import static dev.sluice.protocol.Capabilities.CLIENT_PS_MULTI_RESULTS;
import static dev.sluice.protocol.Capabilities.CLIENT_SECURE_CONNECTION;
import static dev.sluice.protocol.Capabilities.CLIENT_TRANSACTIONS;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.auth.CachingSha2Password;
import dev.sluice.protocol.auth.NativePassword;
import dev.sluice.protocol.packet.AuthSwitchRequest;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.protocol.packet.HandshakeResponse41;
import dev.sluice.protocol.packet.HandshakeV10;
import dev.sluice.protocol.packet.OkPacket;
import dev.sluice.server.localcluster.Accounts;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A client that says exactly what it is told to, for what no driver expresses. It logs in with mysql_native_password.
 * Confined to the thread of the test.
 */
final class RawClient implements AutoCloseable {
    static final int OK = 0x00;
    static final int EOF = 0xFE;
    static final int ERR = 0xFF;
    /** The servers' default. */
    static final int UTF8MB4_0900_AI_CI = 255;

    private static final int MORE_RESULTS = 0x0008;
    private static final int CURSOR_EXISTS = 0x0040;
    private static final int OUT_PARAMETERS = 0x1000;
    static final int CAPABILITIES = CLIENT_LONG_PASSWORD
            | CLIENT_LONG_FLAG
            | CLIENT_CONNECT_WITH_DB
            | CLIENT_PROTOCOL_41
            | CLIENT_TRANSACTIONS
            | CLIENT_SECURE_CONNECTION
            | CLIENT_MULTI_STATEMENTS
            | CLIENT_MULTI_RESULTS
            | CLIENT_PS_MULTI_RESULTS
            | CLIENT_PLUGIN_AUTH
            | CLIENT_DEPRECATE_EOF;

    private final Socket socket;
    private DataInputStream in;
    private OutputStream out;
    private int capabilities;
    private int collation = UTF8MB4_0900_AI_CI;
    private byte[] nonce = new byte[0];
    private int sequence;
    private long packetsRead;
    private boolean anySequence;

    private RawClient(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 64 * 1024));
        this.out = socket.getOutputStream();
    }

    /** Connects and logs in, without the given capabilities. */
    static RawClient connect(int port, int... withoutCapabilities) throws IOException {
        return connectWith(port, 0, withoutCapabilities);
    }

    /** Connects and logs in, with more capabilities than usual and without others. */
    static RawClient connectWith(int port, int moreCapabilities, int... withoutCapabilities) throws IOException {
        int wanted = CAPABILITIES | moreCapabilities;
        for (int without : withoutCapabilities) {
            wanted &= ~without;
        }
        RawClient client = open(port);
        client.login(wanted, Accounts.NATIVE_USER, Accounts.NATIVE_PASSWORD);
        return client;
    }

    /** Connects and logs in with exactly these capabilities and a collation. */
    static RawClient connectExactly(int port, int wanted, int collation) throws IOException {
        RawClient client = open(port);
        client.collation = collation;
        client.login(wanted, Accounts.NATIVE_USER, Accounts.NATIVE_PASSWORD);
        return client;
    }

    /** Connects and logs in with the collation of this number. */
    static RawClient connectInCollation(int port, int collation) throws IOException {
        return connectExactly(port, CAPABILITIES, collation);
    }

    /** Connects and logs in as a user with mysql_native_password. */
    static RawClient connectAs(int port, String user, String password) throws IOException {
        RawClient client = open(port);
        client.login(CAPABILITIES, user, password);
        return client;
    }

    /** Connects, logs in and speaks the compressed protocol from then on. */
    static RawClient connectCompressed(int port, CompressedStreams streams) throws IOException {
        return connectCompressed(port, streams, 0);
    }

    static RawClient connectCompressed(int port, CompressedStreams streams, int moreCapabilities) throws IOException {
        RawClient client = open(port);
        client.login(
                CAPABILITIES | moreCapabilities | streams.capability(), Accounts.NATIVE_USER, Accounts.NATIVE_PASSWORD);
        if ((client.capabilities & streams.capability()) == 0) {
            throw new IOException("compression is not offered");
        }
        client.out = streams.output(client.out);
        client.in = new DataInputStream(new BufferedInputStream(streams.input(client.in)));
        return client;
    }

    /** Connects and does nothing else. */
    static RawClient open(int port) throws IOException {
        return open(new Socket(), port);
    }

    /** Connects from another address of this machine, such as 127.0.0.2, and does nothing else. */
    static RawClient openFrom(String address, int port) throws IOException {
        Socket socket = new Socket();
        socket.bind(new InetSocketAddress(address, 0));
        return open(socket, port);
    }

    private static RawClient open(Socket socket, int port) throws IOException {
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TestProxy.TIMEOUT_MILLIS);
        socket.setSoTimeout(TestProxy.TIMEOUT_MILLIS);
        socket.setTcpNoDelay(true);
        return new RawClient(socket);
    }

    private void login(int wanted, String user, String password) throws IOException {
        byte[] answer = tryLogin(wanted, user, password);
        if (first(answer) != OK) {
            throw new IOException("login refused: " + err(answer));
        }
    }

    /** Logs in on a connection that was only opened: what the server says in the end. */
    byte[] tryLogin() throws IOException {
        return tryLogin(CAPABILITIES, Accounts.NATIVE_USER, Accounts.NATIVE_PASSWORD);
    }

    byte[] tryLogin(String user, String password) throws IOException {
        return tryLogin(CAPABILITIES, user, password);
    }

    private byte[] tryLogin(int wanted, String user, String password) throws IOException {
        return tryLogin(wanted, user, password, Accounts.DATABASE);
    }

    /** As {@link #tryLogin()}, as whom and to where one likes. */
    byte[] tryLogin(int wanted, String user, String password, String database) throws IOException {
        HandshakeV10 greeting = HandshakeV10.decode(Unpooled.wrappedBuffer(read()), 0);
        capabilities = wanted & greeting.capabilities();
        nonce = greeting.authPluginData();
        HandshakeResponse41 response = new HandshakeResponse41(
                capabilities,
                1 << 30,
                collation,
                user,
                scramble(password, greeting.authPluginData()),
                database,
                NativePassword.NAME,
                Map.of());
        ByteBuf payload = Unpooled.buffer();
        response.encode(payload, capabilities);
        write(sequence, bytes(payload));
        byte[] answer = read();
        if (first(answer) == EOF) {
            AuthSwitchRequest request = AuthSwitchRequest.decode(Unpooled.wrappedBuffer(answer), capabilities);
            write(sequence, scramble(password, request.data()));
            answer = read();
        }
        return answer;
    }

    /** The greeting has been read: what follows answers it. */
    void greeted(HandshakeV10 greeting) {
        nonce = greeting.authPluginData();
        capabilities = CAPABILITIES;
    }

    /** Leaves without a farewell. */
    void resetOnClose() throws IOException {
        socket.setSoLinger(true, 0);
    }

    /** Answers the greeting, and the question that follows if told to, and reads nothing more. */
    void beginLogin(String user, String password, boolean answerQuestion) throws IOException {
        HandshakeV10 greeting = HandshakeV10.decode(Unpooled.wrappedBuffer(read()), 0);
        capabilities = CAPABILITIES & greeting.capabilities();
        byte[] response =
                CachingSha2Password.scramble(password.getBytes(StandardCharsets.UTF_8), greeting.authPluginData());
        ByteBuf payload = Unpooled.buffer();
        new HandshakeResponse41(
                        capabilities, 1 << 30, collation, user, response, null, CachingSha2Password.NAME, Map.of())
                .encode(payload, capabilities);
        write(sequence, bytes(payload));
        if (answerQuestion) {
            byte[] question = read();
            follow(first(question) == EOF ? new byte[20] : new byte[] {CachingSha2Password.REQUEST_PUBLIC_KEY});
        }
    }

    /** What the server greeted with, for another login on this connection. */
    byte[] nonce() {
        return nonce;
    }

    /** The response of this client's account to a nonce. */
    static byte[] scramble(byte[] nonce) {
        return scramble(Accounts.NATIVE_PASSWORD, nonce);
    }

    private static byte[] scramble(String password, byte[] nonce) {
        return NativePassword.scramble(password.getBytes(StandardCharsets.UTF_8), nonce);
    }

    private static byte[] bytes(ByteBuf buffer) {
        byte[] bytes = new byte[buffer.readableBytes()];
        buffer.readBytes(bytes);
        buffer.release();
        return bytes;
    }

    static int first(byte[] payload) {
        return payload.length == 0 ? -1 : payload[0] & 0xFF;
    }

    // ---- sending ----

    /** Sends a command with sequence id 0, in as many packets as it needs. */
    void send(CommandType type, byte[] arguments) throws IOException {
        send(type.code(), arguments);
    }

    void send(int command, byte[] arguments) throws IOException {
        byte[] payload = new byte[1 + arguments.length];
        payload[0] = (byte) command;
        System.arraycopy(arguments, 0, payload, 1, arguments.length);
        write(0, payload);
    }

    /** Writes one payload, split as the protocol demands. */
    void write(int firstSequence, byte[] payload) throws IOException {
        int offset = 0;
        int id = firstSequence;
        while (true) {
            int length = Math.min(payload.length - offset, Packets.MAX_PAYLOAD_LENGTH);
            out.write(new byte[] {(byte) length, (byte) (length >> 8), (byte) (length >> 16), (byte) id++});
            out.write(payload, offset, length);
            offset += length;
            if (length < Packets.MAX_PAYLOAD_LENGTH) {
                break;
            }
        }
        out.flush();
        sequence = id & 0xFF;
    }

    /** Writes one packet behind what was read or written last. */
    void follow(byte[] payload) throws IOException {
        write(sequence, payload);
    }

    /** Answers the request for a file, which has been read. */
    void sendFile(byte[]... packets) throws IOException {
        for (byte[] packet : packets) {
            follow(packet);
        }
        follow(new byte[0]);
    }

    /** Writes bytes as they are. */
    void writeBytes(byte[] bytes) throws IOException {
        out.write(bytes);
        out.flush();
        sequence = 1;
    }

    /** Writes bytes below whatever the streams make of them. */
    void writeWire(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    /** Writes bytes so many times while another thread reads the answers. */
    void pipeline(byte[] bytes, int times) {
        try {
            for (int i = 0; i < times; i++) {
                out.write(bytes);
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Waits no longer than this for anything. */
    void timeout(int millis) throws IOException {
        socket.setSoTimeout(millis);
    }

    /** Reads slowly from now on: with as many calls of the system. */
    void readInBitesOf(int bytes) throws IOException {
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1) {
            @Override
            public synchronized int read(byte[] to, int offset, int length) throws IOException {
                return socket.getInputStream().read(to, offset, Math.min(length, bytes));
            }
        });
    }

    /** Takes packets with any sequence ids from now on: errors about them have others than what they answer. */
    void takeAnySequence() {
        anySequence = true;
    }

    /** The answer to what comes next starts with this sequence id. */
    void expectSequence(int next) {
        sequence = next;
    }

    // ---- receiving ----

    /** Reads one payload, however many packets it has, and demands continuous sequence ids. */
    byte[] read() throws IOException {
        byte[] whole = new byte[0];
        while (true) {
            int b0 = in.read();
            if (b0 < 0) {
                throw new EOFException("the server closed the connection");
            }
            int length = b0 | in.readUnsignedByte() << 8 | in.readUnsignedByte() << 16;
            int id = in.readUnsignedByte();
            if (anySequence) {
                sequence = id;
            } else if (id != sequence) {
                throw new IOException("packet " + packetsRead + " has sequence id " + id + ", not " + sequence);
            }
            sequence = (sequence + 1) & 0xFF;
            packetsRead++;
            byte[] part = in.readNBytes(length);
            if (part.length != length) {
                throw new EOFException("the server closed the connection inside a packet");
            }
            if (whole.length == 0) {
                whole = part;
            } else {
                byte[] joined = java.util.Arrays.copyOf(whole, whole.length + length);
                System.arraycopy(part, 0, joined, whole.length, length);
                whole = joined;
            }
            if (length < Packets.MAX_PAYLOAD_LENGTH) {
                return whole;
            }
        }
    }

    /** Whether the server ends the connection after at most one error packet. */
    boolean isClosedByServer() throws IOException {
        try {
            while (in.read() >= 0) {
                // An error packet may come first.
            }
            return true;
        } catch (java.net.SocketException reset) {
            return true;
        }
    }

    /** A command whose answer is one packet. */
    byte[] ask(CommandType type, byte[] arguments) throws IOException {
        send(type, arguments);
        return read();
    }

    /** A query and all packets of all its results. */
    List<byte[]> query(String sql) throws IOException {
        send(CommandType.COM_QUERY, sql.getBytes(StandardCharsets.UTF_8));
        return readResults();
    }

    /** All packets up to the end of the last result. */
    List<byte[]> readResults() throws IOException {
        List<byte[]> packets = new ArrayList<>();
        int status;
        do {
            status = readResult(packets);
        } while ((status & MORE_RESULTS) != 0);
        return packets;
    }

    private int readResult(List<byte[]> packets) throws IOException {
        byte[] head = add(packets);
        int kind = first(head);
        if (kind == ERR) {
            return 0;
        }
        if (kind == OK) {
            return ok(head).status();
        }
        for (int i = 0; i < kind; i++) {
            add(packets);
        }
        if (!deprecatesEof()) {
            byte[] end = add(packets);
            if (first(end) == ERR) {
                // A cursor that could not be opened.
                return 0;
            }
            int status = statusOfEnd(end);
            if ((status & CURSOR_EXISTS) != 0) {
                return status;
            } else if ((status & OUT_PARAMETERS) != 0) {
                // Said here and not again behind the row.
                return status | readRows(packets);
            }
        }
        return readRows(packets);
    }

    /** Rows up to their end; its status flags. */
    int readRows(List<byte[]> packets) throws IOException {
        while (true) {
            byte[] row = add(packets);
            if (first(row) == ERR) {
                return 0;
            }
            if (first(row) == EOF && row.length < Packets.MAX_PAYLOAD_LENGTH) {
                return statusOfEnd(row);
            }
        }
    }

    private byte[] add(List<byte[]> packets) throws IOException {
        byte[] packet = read();
        packets.add(packet);
        return packet;
    }

    private int statusOfEnd(byte[] end) {
        return deprecatesEof() ? ok(end).status() : (end[3] & 0xFF) | (end[4] & 0xFF) << 8;
    }

    private boolean deprecatesEof() {
        return (capabilities & CLIENT_DEPRECATE_EOF) != 0;
    }

    OkPacket ok(byte[] payload) {
        return OkPacket.decode(Unpooled.wrappedBuffer(payload), capabilities);
    }

    ErrPacket err(byte[] payload) {
        return ErrPacket.decode(Unpooled.wrappedBuffer(payload), capabilities);
    }

    // ---- prepared statements ----

    /** Prepares a statement and returns its id. */
    int prepare(String sql) throws IOException {
        send(CommandType.COM_STMT_PREPARE, sql.getBytes(StandardCharsets.UTF_8));
        byte[] head = readPrepared().get(0);
        if (first(head) != OK) {
            throw new IOException("not prepared: " + err(head));
        }
        return (int) Unpooled.wrappedBuffer(head).getUnsignedIntLE(1);
    }

    /** All packets of the answer to a COM_STMT_PREPARE. */
    List<byte[]> readPrepared() throws IOException {
        List<byte[]> packets = new ArrayList<>();
        byte[] head = add(packets);
        if (first(head) == OK) {
            ByteBuf fields = Unpooled.wrappedBuffer(head);
            int columns = fields.getUnsignedShortLE(5);
            int parameters = fields.getUnsignedShortLE(7);
            for (int count : new int[] {parameters, columns}) {
                int following = count > 0 && !deprecatesEof() ? count + 1 : count;
                for (int i = 0; i < following; i++) {
                    add(packets);
                }
            }
        }
        return packets;
    }

    /** Executes a statement with one BIGINT parameter; the type travels only when asked to. */
    List<byte[]> execute(int id, long parameter, boolean withTypes) throws IOException {
        ByteBuf body = Unpooled.buffer();
        body.writeIntLE(id).writeByte(0).writeIntLE(1).writeByte(0).writeByte(withTypes ? 1 : 0);
        if (withTypes) {
            body.writeShortLE(8);
        }
        body.writeLongLE(parameter);
        send(CommandType.COM_STMT_EXECUTE, bytes(body));
        return readResults();
    }

    /** Executes a statement with one BIGINT parameter and a cursor: what comes before the first row. */
    List<byte[]> open(int id, long parameter) throws IOException {
        sendExecute(id, parameter, true);
        return readResults();
    }

    /** Sends an execution with one BIGINT parameter and its type. */
    void sendExecute(int id, long parameter, boolean cursor) throws IOException {
        ByteBuf body = Unpooled.buffer();
        body.writeIntLE(id)
                .writeByte(cursor ? 1 : 0)
                .writeIntLE(1)
                .writeByte(0)
                .writeByte(1)
                .writeShortLE(8)
                .writeLongLE(parameter);
        send(CommandType.COM_STMT_EXECUTE, bytes(body));
    }

    /** The first column of a text row. */
    static String text(byte[] row) {
        int length = row[0] & 0xFF;
        if (length == 0xFB) {
            return "NULL";
        }
        if (length > 0xFA) {
            throw new IllegalArgumentException("a long value");
        }
        return new String(row, 1, length, StandardCharsets.UTF_8);
    }

    /** The only value of a query's only row. */
    String value(String sql) throws IOException {
        List<byte[]> packets = query(sql);
        if (first(packets.get(0)) == ERR) {
            throw new IOException(sql + ": " + err(packets.get(0)));
        }
        return text(packets.get(packets.size() - 2));
    }

    static byte[] int4(int value) {
        return new byte[] {(byte) value, (byte) (value >> 8), (byte) (value >> 16), (byte) (value >> 24)};
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
