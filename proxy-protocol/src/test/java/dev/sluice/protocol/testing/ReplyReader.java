package dev.sluice.protocol.testing;

import static dev.sluice.protocol.testing.ReplyKind.*;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.EnumSet;
import java.util.Set;

/**
 * Reads one answer, packet by packet and whole, and says what it is made of. It shares no code with what it is a witness
 * against: it is what a simple blocking client does, and knows where an answer ends from the protocol's description alone.
 * Confined to one test.
 */
public final class ReplyReader {
    private static final int MORE_RESULTS = 0x0008;
    private static final int CURSOR_EXISTS = 0x0040;
    private static final int LAST_ROW_SENT = 0x0080;
    private static final int OUT_PARAMETERS_FLAG = 0x1000;
    private static final int STATE_CHANGED = 0x4000;
    private static final int LONGEST = 0xFFFFFF;

    /** The client's part in an answer that waits for it. */
    public interface Client {
        /** The server waits: for a file, or for the next step of a login. */
        void answer(ReplyKind kind, byte[] payload, int sequenceId) throws IOException;

        /** Nobody answers: the whole answer is there already. */
        static Client none() {
            return (kind, payload, sequenceId) -> {};
        }
    }

    private final InputStream in;
    private final boolean deprecatesEof;
    private final Client client;
    private final ByteArrayOutputStream seen = new ByteArrayOutputStream();
    private final Set<ReplyKind> kinds = EnumSet.noneOf(ReplyKind.class);
    private int sequenceId;
    private int packetsOfPayload;

    /**
     * @param deprecatesEof whether the client has CLIENT_DEPRECATE_EOF
     * @param client takes part where the server waits for it
     */
    public ReplyReader(InputStream in, boolean deprecatesEof, Client client) {
        this.in = in;
        this.deprecatesEof = deprecatesEof;
        this.client = client;
    }

    /** Every byte of the answers read so far. */
    public byte[] bytes() {
        return seen.toByteArray();
    }

    /** What the answers read so far were made of. */
    public Set<ReplyKind> kinds() {
        return EnumSet.copyOf(kinds);
    }

    /**
     * Reads one answer to its end.
     *
     * @param shape the name of a shape of responses, or AUTH for the answer to a login, or NONE
     */
    public ReplyReader read(String shape) throws IOException {
        switch (shape) {
            case "NONE" -> kinds.add(NONE);
            case "SIMPLE" -> single(payload());
            case "STATISTICS" -> kinds.add(first(payload()) == 0xFF ? ERR : TEXT);
            case "QUERY" -> results();
            case "PREPARE" -> prepared(payload());
            case "FIELD_LIST" -> definitions();
            case "FETCH" -> fetched();
            case "BINLOG" -> events();
            case "AUTH" -> login();
            default -> throw new IllegalArgumentException(shape);
        }
        return this;
    }

    private byte[] payload() throws IOException {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        packetsOfPayload = 0;
        int length;
        do {
            byte[] header = exactly(4);
            length = (header[0] & 0xFF) | (header[1] & 0xFF) << 8 | (header[2] & 0xFF) << 16;
            sequenceId = header[3] & 0xFF;
            byte[] part = exactly(length);
            seen.writeBytes(header);
            seen.writeBytes(part);
            whole.writeBytes(part);
            packetsOfPayload++;
        } while (length == LONGEST);
        return whole.toByteArray();
    }

    private byte[] exactly(int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("the answer ends early");
        }
        return bytes;
    }

    private static int first(byte[] payload) {
        return payload[0] & 0xFF;
    }

    private static boolean isEnd(byte[] payload) {
        return first(payload) == 0xFE && payload.length < LONGEST;
    }

    private void single(byte[] payload) {
        switch (first(payload)) {
            case 0x00 -> ok(payload);
            case 0xFE -> kinds.add(END);
            case 0xFF -> kinds.add(ERR);
            default -> throw new IllegalArgumentException("neither OK nor ERR: " + Hex.of(payload));
        }
    }

    private int ok(byte[] payload) {
        int status = statusOfOk(payload);
        kinds.add((status & STATE_CHANGED) != 0 && !emptyState(payload) ? OK_STATE : OK);
        return status;
    }

    private static int statusOfOk(byte[] payload) {
        int at = behindInteger(payload, behindInteger(payload, 1));
        return (payload[at] & 0xFF) | (payload[at + 1] & 0xFF) << 8;
    }

    /** The flag may be there without any state: servers set it for clients that cannot be told more, too. */
    private static boolean emptyState(byte[] payload) {
        return behindInteger(payload, behindInteger(payload, 1)) + 4 >= payload.length;
    }

    private static int behindInteger(byte[] payload, int at) {
        return switch (payload[at] & 0xFF) {
            case 0xFC -> at + 3;
            case 0xFD -> at + 4;
            case 0xFE -> at + 9;
            default -> at + 1;
        };
    }

    private static int statusOfEof(byte[] payload) {
        return (payload[3] & 0xFF) | (payload[4] & 0xFF) << 8;
    }

    private int statusOfEnd(byte[] payload) {
        if (payload.length == 5) {
            return statusOfEof(payload);
        }
        int status = statusOfOk(payload);
        if ((status & STATE_CHANGED) != 0 && !emptyState(payload)) {
            kinds.add(END_STATE);
        }
        return status;
    }

    private void results() throws IOException {
        int count = 0;
        boolean more = true;
        while (more) {
            byte[] head = payload();
            switch (first(head)) {
                case 0xFF -> {
                    kinds.add(count == 0 ? ERR : ERR_AFTER_RESULT);
                    more = false;
                }
                case 0x00 -> more = (ok(head) & MORE_RESULTS) != 0;
                case 0xFB -> {
                    kinds.add(LOCAL_INFILE);
                    client.answer(LOCAL_INFILE, head, sequenceId);
                    continue;
                }
                default -> more = resultSet(first(head));
            }
            count++;
        }
        if (count > 1) {
            kinds.add(MULTI);
        }
    }

    /** Whether another result follows. */
    private boolean resultSet(int columns) throws IOException {
        if (columns > 0xFA) {
            throw new IllegalArgumentException("too many columns for a test");
        }
        for (int i = 0; i < columns; i++) {
            payload();
        }
        boolean outParameters = false;
        if (!deprecatesEof) {
            byte[] boundary = payload();
            if (first(boundary) == 0xFF) {
                kinds.add(ERR_AFTER_COLUMNS);
                return false;
            }
            if ((statusOfEof(boundary) & CURSOR_EXISTS) != 0) {
                kinds.add(CURSOR);
                return false;
            }
            outParameters = (statusOfEof(boundary) & OUT_PARAMETERS_FLAG) != 0;
        }
        int rows = 0;
        while (true) {
            byte[] row = payload();
            if (first(row) == 0xFF) {
                kinds.add(rows == 0 ? ERR_AFTER_COLUMNS : ERR_AFTER_ROWS);
                return false;
            }
            if (isEnd(row)) {
                return end(row, rows, outParameters);
            }
            row(row);
            rows++;
        }
    }

    private boolean end(byte[] payload, int rows, boolean outParameters) {
        int status = statusOfEnd(payload);
        if ((status & CURSOR_EXISTS) != 0) {
            kinds.add(CURSOR);
            return false;
        }
        kinds.add(rows == 0 ? EMPTY : ROWS);
        if (outParameters || (status & OUT_PARAMETERS_FLAG) != 0) {
            // MySQL says to clients without CLIENT_DEPRECATE_EOF, behind the rows, that nothing follows, and sends an
            // OK.
            kinds.add(OUT_PARAMETERS);
            return true;
        }
        return (status & MORE_RESULTS) != 0;
    }

    private void row(byte[] payload) {
        if (packetsOfPayload > 1) {
            kinds.add(ROW_SPLIT);
        }
        switch (first(payload)) {
            case 0x00 -> kinds.add(ROW_00);
            case 0xFB -> kinds.add(ROW_FB);
            case 0xFC -> kinds.add(ROW_FC);
            case 0xFD -> kinds.add(ROW_FD);
            case 0xFE -> kinds.add(ROW_FE);
            default -> {
                // A short value, like most.
            }
        }
    }

    private void prepared(byte[] payload) throws IOException {
        if (first(payload) == 0xFF || payload.length != 12) {
            single(payload);
            return;
        }
        int columns = (payload[5] & 0xFF) | (payload[6] & 0xFF) << 8;
        int parameters = (payload[7] & 0xFF) | (payload[8] & 0xFF) << 8;
        for (int count : new int[] {parameters, columns}) {
            int packets = count > 0 && !deprecatesEof ? count + 1 : count;
            for (int i = 0; i < packets; i++) {
                payload();
            }
        }
        if (parameters == 0) {
            kinds.add(columns == 0 ? PREPARED : PREPARED_COLUMNS);
        } else {
            kinds.add(columns == 0 ? PREPARED_PARAMETERS : PREPARED_BOTH);
        }
    }

    private void definitions() throws IOException {
        int count = 0;
        byte[] packet = payload();
        while (!isEnd(packet) && first(packet) != 0xFF) {
            count++;
            packet = payload();
        }
        if (first(packet) == 0xFF) {
            kinds.add(count == 0 ? ERR : ERR_AFTER_ROWS);
        } else {
            kinds.add(count == 0 ? EMPTY : DEFINITIONS);
        }
    }

    private void fetched() throws IOException {
        int count = 0;
        byte[] packet = payload();
        while (!isEnd(packet) && first(packet) != 0xFF) {
            row(packet);
            count++;
            packet = payload();
        }
        if (first(packet) == 0xFF) {
            kinds.add(count == 0 ? ERR : ERR_AFTER_ROWS);
            return;
        }
        kinds.add((statusOfEnd(packet) & LAST_ROW_SENT) != 0 ? FETCHED_LAST : FETCHED);
        if (count == 0) {
            kinds.add(EMPTY);
        }
    }

    private void events() throws IOException {
        int count = 0;
        byte[] packet = payload();
        while (first(packet) == 0x00) {
            kinds.add(EVENTS);
            if (packetsOfPayload > 1) {
                kinds.add(ROW_SPLIT);
            }
            count++;
            packet = payload();
        }
        if (first(packet) == 0xFF) {
            kinds.add(count == 0 ? ERR : ERR_AFTER_ROWS);
        } else {
            kinds.add(END);
        }
    }

    private void login() throws IOException {
        while (true) {
            byte[] packet = payload();
            switch (first(packet)) {
                case 0xFE -> {
                    kinds.add(AUTH_SWITCH);
                    client.answer(AUTH_SWITCH, packet, sequenceId);
                }
                case 0x01 -> {
                    kinds.add(AUTH_MORE);
                    client.answer(AUTH_MORE, packet, sequenceId);
                }
                default -> {
                    single(packet);
                    return;
                }
            }
        }
    }
}
