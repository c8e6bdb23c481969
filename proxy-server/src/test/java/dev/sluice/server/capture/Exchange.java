package dev.sluice.server.capture;

import dev.sluice.protocol.CommandType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A command whose answer is recorded. Immutable.
 *
 * @param name the capture's name
 * @param note what the command is, for the reader of the capture
 * @param asks the command's name, or LOGIN
 * @param shape of the answer: a response shape, AUTH or NONE
 * @param payload makes the command's payload
 * @param setup what is sent before on the same connection
 * @param account who asks
 * @param varies why two recordings differ; null if they do not
 */
record Exchange(
        String name,
        String note,
        String asks,
        String shape,
        Payload payload,
        List<Exchange> setup,
        Account account,
        @Nullable String varies) {
    /** Makes the payload of a command, code and all, when everything in front of it has run. */
    interface Payload {
        byte[] of(RecordingClient client) throws IOException;
    }

    static Exchange command(String name, CommandType type, String shape, Payload arguments) {
        return new Exchange(
                name,
                "",
                type.name(),
                shape,
                client -> behindCode(type.code(), arguments.of(client)),
                List.of(),
                Account.ROOT,
                null);
    }

    static Exchange command(String name, CommandType type, String shape, String arguments) {
        Exchange exchange = command(name, type, shape, client -> arguments.getBytes(StandardCharsets.ISO_8859_1));
        return arguments.chars().allMatch(c -> c >= ' ' && c <= '~') ? exchange.noted(arguments) : exchange;
    }

    static Exchange query(String name, String sql) {
        return command(name, CommandType.COM_QUERY, "QUERY", sql);
    }

    private static byte[] behindCode(int code, byte[] arguments) {
        byte[] payload = new byte[1 + arguments.length];
        payload[0] = (byte) code;
        System.arraycopy(arguments, 0, payload, 1, arguments.length);
        return payload;
    }

    Exchange noted(String newNote) {
        return new Exchange(name, newNote, asks, shape, payload, setup, account, varies);
    }

    /** The same command with these bytes behind its code. */
    Exchange with(Payload arguments) {
        int code = CommandType.valueOf(asks).code();
        return new Exchange(
                name, note, asks, shape, client -> behindCode(code, arguments.of(client)), setup, account, varies);
    }

    /** Runs after these statements. */
    Exchange after(String... sql) {
        return after(Stream.of(sql).map(each -> query("", each)).toArray(Exchange[]::new));
    }

    /** Runs after these commands. */
    Exchange after(Exchange... commands) {
        List<Exchange> all = Stream.concat(setup.stream(), Stream.of(commands)).toList();
        return new Exchange(name, note, asks, shape, payload, all, account, varies);
    }

    Exchange as(Account newAccount) {
        return new Exchange(name, note, asks, shape, payload, setup, newAccount, varies);
    }

    Exchange varying(String why) {
        return new Exchange(name, note, asks, shape, payload, setup, account, why);
    }

    /** Whether the server hangs up behind its answer. */
    boolean endsConnection() {
        return shape.equals("BINLOG")
                || asks.equals("COM_SUBSCRIBE_GROUP_REPLICATION_STREAM")
                || account == Account.STRANGER
                || name.equals("change-user-error");
    }

    @Override
    public String toString() {
        return name;
    }
}
