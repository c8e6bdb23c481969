package dev.sluice.server.it;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.CommandType;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A raw connection that runs the steps of a grammar and knows its prepared statements by their handles. Confined to one thread. */
final class WireSession implements AutoCloseable {
    static final int ENDED = -2;

    private static final int NO_STATEMENT = 999;
    private static final int PREPARE_OK_LENGTH = 12;
    private static final int TYPE_TINY = 1;
    private static final int TYPE_DOUBLE = 5;
    private static final int TYPE_NULL = 6;
    private static final int TYPE_LONGLONG = 8;
    private static final int TYPE_DATETIME = 12;
    private static final int TYPE_NEWDECIMAL = 246;
    private static final int TYPE_BLOB = 252;
    private static final int TYPE_VAR_STRING = 253;
    private static final int UNSIGNED = 0x8000;
    /** A date, a time of day and microseconds. */
    private static final int MOMENT_LENGTH = 11;

    private final RawClient client;
    private final boolean deprecatesEof;
    private final Map<String, Statement> statements = new HashMap<>();

    /** A statement that was prepared. Immutable. */
    private record Statement(int id, int parameters) {}

    WireSession(int port, int capabilities, int collation) throws IOException {
        this.client = RawClient.connectExactly(port, capabilities, collation);
        this.deprecatesEof = (capabilities & Capabilities.CLIENT_DEPRECATE_EOF) != 0;
    }

    /** Runs a step: SQL, or a command that begins with "@". A connection that ends is an observation, too. */
    Observation run(String step) throws IOException {
        List<byte[]> packets = new ArrayList<>();
        try {
            perform(step, packets);
            return new Observation(packets, "");
        } catch (EOFException | SocketException | SocketTimeoutException e) {
            return new Observation(packets, e.toString());
        }
    }

    private void perform(String step, List<byte[]> packets) throws IOException {
        if (!step.startsWith("@") || step.startsWith("@@")) {
            packets.addAll(client.query(step));
            return;
        }
        String[] words = step.split(" ", 3);
        String first = words.length > 1 ? words[1] : "";
        String second = words.length > 2 ? words[2] : "";
        switch (words[0]) {
            case "@ping" -> packets.add(client.ask(CommandType.COM_PING, new byte[0]));
            case "@reset" -> packets.add(client.ask(CommandType.COM_RESET_CONNECTION, new byte[0]));
            case "@init_db" -> packets.add(client.ask(CommandType.COM_INIT_DB, utf8(first)));
            case "@set_option" ->
                packets.add(client.ask(CommandType.COM_SET_OPTION, new byte[] {(byte) Integer.parseInt(first), 0}));
            case "@unknown" -> {
                client.send(Integer.parseInt(first), new byte[0]);
                packets.add(client.read());
            }
            case "@field_list" -> {
                client.send(CommandType.COM_FIELD_LIST, utf8(first + "\0"));
                int unused = client.readRows(packets);
            }
            case "@prepare" -> prepare(first, second, packets);
            case "@execute" -> execute(first, 0, second, packets);
            case "@cursor" -> execute(first, 1, second, packets);
            case "@fetch" -> fetch(first, Integer.parseInt(second), packets);
            case "@reset_statement" ->
                packets.add(client.ask(CommandType.COM_STMT_RESET, RawClient.int4(statement(first).id)));
            case "@close" -> {
                client.send(CommandType.COM_STMT_CLOSE, RawClient.int4(statement(first).id));
                statements.remove(first);
            }
            case "@long_data" -> {
                ByteBuf body = Unpooled.buffer().writeIntLE(statement(first).id).writeShortLE(0);
                body.writeBytes(utf8(second));
                client.send(CommandType.COM_STMT_SEND_LONG_DATA, bytes(body));
            }
            default -> throw new IllegalArgumentException(step);
        }
    }

    private Statement statement(String handle) {
        return statements.getOrDefault(handle, new Statement(NO_STATEMENT, 0));
    }

    private void prepare(String handle, String sql, List<byte[]> packets) throws IOException {
        statements.remove(handle);
        byte[] head = client.ask(CommandType.COM_STMT_PREPARE, utf8(sql));
        packets.add(head);
        // An empty statement is answered like a query, by an OK.
        if (RawClient.first(head) != RawClient.OK || head.length < PREPARE_OK_LENGTH) {
            return;
        }
        ByteBuf fields = Unpooled.wrappedBuffer(head);
        int columns = fields.getUnsignedShortLE(5);
        int parameters = fields.getUnsignedShortLE(7);
        for (int count : new int[] {parameters, columns}) {
            int following = count == 0 ? 0 : count + (deprecatesEof ? 0 : 1);
            for (int i = 0; i < following; i++) {
                packets.add(client.read());
            }
        }
        statements.put(handle, new Statement((int) fields.getUnsignedIntLE(1), parameters));
    }

    private void execute(String handle, int flags, String arguments, List<byte[]> packets) throws IOException {
        Statement statement = statement(handle);
        ByteBuf body = Unpooled.buffer();
        body.writeIntLE(statement.id).writeByte(flags).writeIntLE(1);
        if (statement.parameters > 0) {
            writeArguments(body, statement.parameters, arguments.split("\\|", -1));
        }
        client.send(CommandType.COM_STMT_EXECUTE, bytes(body));
        packets.addAll(client.readResults());
    }

    private static void writeArguments(ByteBuf body, int count, String[] arguments) {
        byte[] nulls = new byte[(count + 7) / 8];
        ByteBuf types = Unpooled.buffer();
        ByteBuf values = Unpooled.buffer();
        for (int i = 0; i < count; i++) {
            String argument = arguments[i % arguments.length];
            String value = argument.substring(argument.indexOf(':') + 1);
            String type = argument.substring(0, argument.indexOf(':') + 1);
            types.writeShortLE(
                    switch (type) {
                        case "int:" -> TYPE_LONGLONG;
                        case "unsigned:" -> TYPE_LONGLONG | UNSIGNED;
                        case "tiny:" -> TYPE_TINY;
                        case "double:" -> TYPE_DOUBLE;
                        case "datetime:" -> TYPE_DATETIME;
                        case "decimal:" -> TYPE_NEWDECIMAL;
                        case "blob:" -> TYPE_BLOB;
                        case "text:" -> TYPE_VAR_STRING;
                        default -> TYPE_NULL;
                    });
            switch (type) {
                case "int:", "unsigned:" -> values.writeLongLE(Long.parseLong(value));
                case "tiny:" -> values.writeByte(Integer.parseInt(value));
                case "double:" -> values.writeDoubleLE(Double.parseDouble(value));
                case "datetime:" -> writeMoment(values, LocalDateTime.parse(value.replace(' ', 'T')));
                case "decimal:", "blob:", "text:" -> {
                    byte[] text = utf8(value);
                    values.writeByte(text.length).writeBytes(text);
                }
                default -> nulls[i / 8] |= (byte) (1 << (i % 8));
            }
        }
        body.writeBytes(nulls).writeByte(1).writeBytes(types).writeBytes(values);
    }

    private static void writeMoment(ByteBuf values, LocalDateTime moment) {
        values.writeByte(MOMENT_LENGTH).writeShortLE(moment.getYear());
        values.writeByte(moment.getMonthValue()).writeByte(moment.getDayOfMonth());
        values.writeByte(moment.getHour()).writeByte(moment.getMinute()).writeByte(moment.getSecond());
        values.writeIntLE(moment.getNano() / 1_000);
    }

    private void fetch(String handle, int rows, List<byte[]> packets) throws IOException {
        ByteBuf body = Unpooled.buffer().writeIntLE(statement(handle).id).writeIntLE(rows);
        client.send(CommandType.COM_STMT_FETCH, bytes(body));
        int unused = client.readRows(packets);
    }

    /** The status flags of a COM_PING; {@link #ENDED} if there is no answer any more. */
    int pingStatus() throws IOException {
        try {
            return client.ok(client.ask(CommandType.COM_PING, new byte[0])).status();
        } catch (EOFException | SocketException e) {
            return ENDED;
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] bytes(ByteBuf buffer) {
        byte[] bytes = new byte[buffer.readableBytes()];
        buffer.readBytes(bytes);
        return bytes;
    }

    @Override
    public void close() throws IOException {
        client.close();
    }
}
