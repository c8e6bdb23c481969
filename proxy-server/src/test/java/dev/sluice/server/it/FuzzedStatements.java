package dev.sluice.server.it;

import dev.sluice.protocol.CommandType;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a fuzzed session has prepared by the protocol: a statement that all sessions have, one with its number in it, and a
 * cursor. Confined to one thread of the test.
 */
final class FuzzedStatements {
    private static final int NONE = 0;
    /** Where the values of a row begin that has one column. */
    private static final int VALUES_AT = 2;
    /** Rows of state.t, of which one is fetched when the cursor is opened. */
    private static final int CURSOR_ROWS = 3;

    private final int number;
    private final RawClient client;
    private int shared = NONE;
    private int own = NONE;
    private int cursor = NONE;
    private final List<Long> fetched = new ArrayList<>();

    FuzzedStatements(int number, RawClient client) {
        this.number = number;
        this.client = client;
    }

    /** Whether one of the two has to be prepared before it can be executed. */
    boolean lacks(boolean theShared) {
        return (theShared ? shared : own) == NONE;
    }

    void prepare(boolean theShared) throws IOException {
        if (theShared) {
            shared = client.prepare(FuzzedState.PREPARED);
        } else {
            own = client.prepare("SELECT " + number + " + ?");
        }
    }

    /** Executes one of the two: the only value of the row, or the error. */
    String execute(boolean theShared, long parameter, boolean withTypes) throws IOException {
        List<byte[]> packets = client.execute(theShared ? shared : own, parameter, withTypes);
        byte[] head = packets.get(0);
        if (RawClient.first(head) == RawClient.ERR) {
            return client.err(head).toString();
        }
        byte[] row = TextRow.rows(packets).get(0);
        return theShared
                ? String.valueOf(TextRow.columns(Arrays.copyOfRange(row, VALUES_AT, row.length))
                        .get(0))
                : Long.toString(bigint(row));
    }

    private static long bigint(byte[] row) {
        return Unpooled.wrappedBuffer(row).getLongLE(VALUES_AT);
    }

    /** Closes both. */
    void close() throws IOException {
        for (int id : new int[] {shared, own}) {
            close(id);
        }
        shared = NONE;
        own = NONE;
    }

    private void close(int id) throws IOException {
        if (id != NONE) {
            client.send(CommandType.COM_STMT_CLOSE, RawClient.int4(id));
        }
    }

    /** Opens a cursor and fetches its first row. */
    void openCursor() throws IOException {
        cursor = client.prepare("SELECT id + ? FROM state.t ORDER BY id");
        fetched.clear();
        byte[] head = client.open(cursor, number).get(0);
        if (RawClient.first(head) == RawClient.ERR) {
            throw new IOException("no cursor: " + client.err(head));
        }
        fetch(1);
    }

    /** All rows that the cursor has given when its end has come, which closes it. */
    String readCursor() throws IOException {
        fetch(CURSOR_ROWS);
        close(cursor);
        cursor = NONE;
        return fetched.toString();
    }

    /** What they must be. */
    String cursorRows() {
        return List.of(number + 1L, number + 2L, number + 3L).toString();
    }

    private void fetch(int rows) throws IOException {
        byte[] arguments = Arrays.copyOf(RawClient.int4(cursor), 8);
        arguments[4] = (byte) rows;
        client.send(CommandType.COM_STMT_FETCH, arguments);
        List<byte[]> packets = new ArrayList<>();
        client.readRows(packets);
        byte[] end = packets.remove(packets.size() - 1);
        if (RawClient.first(end) == RawClient.ERR) {
            throw new IOException("nothing fetched: " + client.err(end));
        }
        packets.forEach(row -> fetched.add(bigint(row)));
    }

    /**
     * The session has begun anew, and has nothing prepared any more.
     *
     * @return the error when what it had prepared is executed all the same; 0 if it had nothing or there is none
     */
    int forget() throws IOException {
        int stale = own;
        shared = NONE;
        own = NONE;
        cursor = NONE;
        if (stale == NONE) {
            return 0;
        }
        byte[] head = client.execute(stale, number, true).get(0);
        return RawClient.first(head) == RawClient.ERR ? client.err(head).code() : -1;
    }
}
