package dev.sluice.protocol.response;

import dev.sluice.protocol.Packets;
import dev.sluice.protocol.ProtocolException;
import dev.sluice.protocol.ServerStatus;
import io.netty.buffer.ByteBuf;

/**
 * The fields of the last control packet, read in place by absolute index so that nothing is allocated. Confined to the
 * session's event loop.
 *
 * @see <a
 *     href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_response_packets.html">Generic response
 *     packets</a>
 */
final class ControlFields {
    static final int OK_HEADER = 0x00;
    static final int LOCAL_INFILE_HEADER = 0xFB;
    static final int EOF_HEADER = 0xFE;
    static final int ERR_HEADER = 0xFF;
    /** Header, two one-byte counts, status and warnings: what is shorter and starts with 0xFE is an EOF packet. */
    static final int OK_PAYLOAD_BYTES_MIN = 7;

    static final int EOF_PAYLOAD_BYTES = 5;
    static final int PREPARE_OK_PAYLOAD_BYTES = 12;
    private static final int METADATA_FOLLOWS = 1;
    /** An OK with neither counts nor session state. */
    static final int SHORTEST_OK_PAYLOAD_BYTES = 7;
    /** More columns than any server sends: the wire format of prepared statements ends here. */
    private static final int COLUMNS_MAX = 0xFFFF;

    private static final int ERR_PAYLOAD_BYTES_MIN = 3;

    long affectedRows;
    long lastInsertId;
    int status;
    int warnings;
    /** Where the two status bytes stand. */
    int statusIndex;
    /** Where the text of the info field starts, and its length. */
    int infoIndex;

    int infoLength;
    /** Where the session-state entries start, behind their length; -1 if there are none. */
    int sessionStateIndex = -1;

    int sessionStateLength;
    int errorCode;
    int statementId;
    int columnCount;
    int parameterCount;
    /** Whether definitions follow the count, which only a session with optional metadata can refuse. */
    boolean metadataFollows = true;

    private int cursor;
    private int limit;

    void clear() {
        affectedRows = 0;
        lastInsertId = 0;
        status = 0;
        warnings = 0;
        statusIndex = -1;
        infoIndex = -1;
        infoLength = 0;
        sessionStateIndex = -1;
        sessionStateLength = 0;
        errorCode = 0;
    }

    /** Forgets also what outlives single packets of a response. */
    void clearAll() {
        clear();
        statementId = 0;
        columnCount = 0;
        parameterCount = 0;
    }

    /** Whether a control packet is there up to its end, which it has to be before it is read. */
    static boolean isWhole(int start, int limit, int length) {
        if (length > ResponseScanner.CONTROL_PACKET_BYTES_MAX) {
            throw new ProtocolException(
                    "control packet",
                    "at most " + ResponseScanner.CONTROL_PACKET_BYTES_MAX + " bytes",
                    length + " bytes",
                    start);
        }
        return limit - start - Packets.HEADER_LENGTH >= length;
    }

    /** Reads an OK packet with either header; the backend has negotiated CLIENT_SESSION_TRACK. */
    void readOk(ByteBuf in, int payload, int length) {
        clear();
        if (length < OK_PAYLOAD_BYTES_MIN) {
            throw lengthMismatch("OK packet", OK_PAYLOAD_BYTES_MIN + " bytes or more", length, payload);
        }
        cursor = payload + 1;
        limit = payload + length;
        affectedRows = lenenc(in, "affected_rows");
        lastInsertId = lenenc(in, "last_insert_id");
        require(4, "status_flags");
        statusIndex = cursor;
        status = in.getUnsignedShortLE(cursor);
        warnings = in.getUnsignedShortLE(cursor + 2);
        cursor += 4;
        if (cursor < limit) {
            infoLength = lenencLength(in, "info");
            infoIndex = cursor;
            cursor += infoLength;
        }
        if ((status & ServerStatus.SERVER_SESSION_STATE_CHANGED) != 0 && cursor < limit) {
            sessionStateLength = lenencLength(in, "session_state_info");
            sessionStateIndex = cursor;
            cursor += sessionStateLength;
        }
        if (cursor != limit) {
            throw lengthMismatch("OK packet", (cursor - payload) + " bytes", length, cursor);
        }
    }

    /** Reads a packet with header 0xFE: an OK packet, or the short EOF packet of servers that did not deprecate it. */
    void readEnd(ByteBuf in, int payload, int length) {
        if (length >= OK_PAYLOAD_BYTES_MIN) {
            readOk(in, payload, length);
            return;
        }
        clear();
        if (length != EOF_PAYLOAD_BYTES) {
            throw lengthMismatch("EOF packet", EOF_PAYLOAD_BYTES + " bytes", length, payload);
        }
        warnings = in.getUnsignedShortLE(payload + 1);
        statusIndex = payload + 3;
        status = in.getUnsignedShortLE(statusIndex);
    }

    void readErr(ByteBuf in, int payload, int length) {
        clear();
        if (length < ERR_PAYLOAD_BYTES_MIN) {
            throw lengthMismatch("ERR packet", ERR_PAYLOAD_BYTES_MIN + " bytes or more", length, payload);
        }
        errorCode = in.getUnsignedShortLE(payload + 1);
    }

    void readPrepareOk(ByteBuf in, int payload, int length, boolean optionalMetadata) {
        clear();
        int expected = PREPARE_OK_PAYLOAD_BYTES + (optionalMetadata ? 1 : 0);
        if (length != expected) {
            throw lengthMismatch("COM_STMT_PREPARE_OK", expected + " bytes", length, payload);
        }
        metadataFollows = !optionalMetadata || in.getByte(payload + length - 1) == METADATA_FOLLOWS;
        statementId = in.getIntLE(payload + 1);
        columnCount = in.getUnsignedShortLE(payload + 5);
        parameterCount = in.getUnsignedShortLE(payload + 7);
        warnings = in.getUnsignedShortLE(payload + 10);
    }

    /** Reads a payload that is nothing but a column count, and whether definitions follow it if that is optional. */
    void readColumnCount(ByteBuf in, int payload, int length, boolean optionalMetadata) {
        clear();
        metadataFollows = !optionalMetadata || in.getByte(payload + length - 1) == METADATA_FOLLOWS;
        cursor = payload;
        limit = payload + length - (optionalMetadata ? 1 : 0);
        long count = lenenc(in, "column_count");
        if (cursor != limit || count <= 0 || count > COLUMNS_MAX) {
            throw new ProtocolException(
                    "column_count",
                    "1 to " + COLUMNS_MAX + " and nothing behind it",
                    Long.toUnsignedString(count) + " in " + length + " bytes",
                    payload);
        }
        columnCount = (int) count;
    }

    private int lenencLength(ByteBuf in, String field) {
        int offset = cursor;
        long length = lenenc(in, field);
        if (length < 0 || length > limit - cursor) {
            throw new ProtocolException(
                    field, Long.toUnsignedString(length) + " bytes", (limit - cursor) + " bytes", offset);
        }
        return (int) length;
    }

    private long lenenc(ByteBuf in, String field) {
        require(1, field);
        int first = in.getUnsignedByte(cursor);
        if (first < 0xFB) {
            cursor += 1;
            return first;
        }
        int size = switch (first) {
            case 0xFC -> 2;
            case 0xFD -> 3;
            case 0xFE -> 8;
            default ->
                throw new ProtocolException(field, "a length-encoded integer", String.format("0x%02X", first), cursor);
        };
        require(1 + size, field);
        int at = cursor + 1;
        cursor = at + size;
        return switch (size) {
            case 2 -> in.getUnsignedShortLE(at);
            case 3 -> in.getUnsignedMediumLE(at);
            default -> in.getLongLE(at);
        };
    }

    private void require(int length, String field) {
        if (length > limit - cursor) {
            throw new ProtocolException(field, length + " bytes", (limit - cursor) + " bytes", cursor);
        }
    }

    private static ProtocolException lengthMismatch(String packet, String expected, int length, int offset) {
        return new ProtocolException(packet, expected, length + " bytes", offset);
    }

    static ProtocolException unexpected(String field, String expected, int first, int length, int offset) {
        String found = String.format("0x%02X in a packet of %d bytes", first, length);
        return new ProtocolException(field, expected, found, offset);
    }
}
