package dev.sluice.protocol.response;

import dev.sluice.protocol.PayloadReader;
import dev.sluice.protocol.ProtocolException;
import io.netty.buffer.ByteBuf;

/**
 * The session-state part of an OK packet, entry by entry. Thread-safe: functions without state.
 *
 * @see <a
 *     href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_ok_packet.html">Session State
 *     Information</a>
 */
public final class SessionTrackReader {
    static final int SYSTEM_VARIABLES = 0;
    static final int SCHEMA = 1;
    static final int STATE_CHANGE = 2;
    static final int GTIDS = 3;
    static final int TRANSACTION_CHARACTERISTICS = 4;
    static final int TRANSACTION_STATE = 5;

    private SessionTrackReader() {}

    /**
     * Tells the listener every known entry; entries of unknown types are passed over. The buffer's indexes do not move.
     *
     * @throws ProtocolException if an entry is cut short; entries before it have been reported
     */
    public static void read(ByteBuf in, int index, int length, SessionTrackListener listener) {
        ByteBuf entries = in.slice(index, length);
        PayloadReader reader = new PayloadReader(entries);
        while (reader.remaining() > 0) {
            int type = reader.int1("session_state type");
            long entryLength = reader.lenenc("session_state length");
            if (entryLength < 0 || entryLength > reader.remaining()) {
                throw new ProtocolException(
                        "session_state data",
                        Long.toUnsignedString(entryLength) + " bytes",
                        reader.remaining() + " bytes",
                        index + entries.readerIndex());
            }
            PayloadReader entry = new PayloadReader(entries.readSlice((int) entryLength));
            readEntry(type, entry, listener);
        }
    }

    private static void readEntry(int type, PayloadReader entry, SessionTrackListener listener) {
        switch (type) {
            case SYSTEM_VARIABLES -> {
                // Servers send one pair per entry; the protocol allows more.
                while (entry.remaining() > 0) {
                    String name = entry.lenencString("system variable name");
                    listener.systemVariable(name, entry.lenencString("system variable value"));
                }
            }
            case SCHEMA -> listener.schema(entry.lenencString("schema"));
            // One character without a length of its own, as servers send it; the documentation shows a length.
            case STATE_CHANGE -> listener.stateChange(entry.int1("state change") == '1');
            case GTIDS -> {
                // The only encoding there is says that text follows.
                entry.skip(1, "GTID encoding");
                listener.gtids(entry.lenencString("GTIDs"));
            }
            case TRANSACTION_CHARACTERISTICS ->
                listener.transactionCharacteristics(entry.lenencString("transaction characteristics"));
            case TRANSACTION_STATE -> listener.transactionState(entry.lenencString("transaction state"));
            default -> entry.skip(entry.remaining(), "unknown session state");
        }
        entry.expectEnd("session state entry");
    }
}
