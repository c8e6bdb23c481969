package dev.sluice.protocol.response;

import static dev.sluice.protocol.Packets.HEADER_LENGTH;
import static dev.sluice.protocol.Packets.MAX_PAYLOAD_LENGTH;

import dev.sluice.protocol.ProtocolException;
import dev.sluice.protocol.ServerStatus;
import io.netty.buffer.ByteBuf;

/**
 * A cursor over the bytes of a response that knows where the response ends and what its status flags say. It reads packet
 * headers and first bytes where they lie, in chunks of any size, and allocates nothing. Confined to the session's event
 * loop.
 *
 * <p>The caller pulls: {@link #next} consumes bytes of one kind and names them; the caller forwards what was consumed, or
 * puts something else in place of a control packet. {@link #isComplete()} is to be asked after every step, also after
 * {@link Step#RELAY}: the answer to COM_STMT_PREPARE ends with an ordinary definition.
 *
 * <pre>
 *  FIRST ──count──► DEFINITIONS ──last──► ROWS ──0xFE──► FIRST (more results) or COMPLETE
 *    │                   │                 ▲
 *    │                   └──► BOUNDARY ────┘     frontends that want an EOF behind the definitions
 *    ├──OK──► FIRST (more results) or COMPLETE
 *    ├──0xFB──► INFILE ──OK──► ...
 *    ├──PREPARE_OK──► DEFINITIONS (parameters) ──► DEFINITIONS (columns) ──► COMPLETE
 *    ├──OK instead of PREPARE_OK──► COMPLETE
 *    └──ERR, from every state──► COMPLETE
 *  FIELD_LIST, FETCH and BINLOG start in ROWS.
 * </pre>
 *
 * <p>A frontend without CLIENT_DEPRECATE_EOF gets more packets than the backend sends. Behind every inserted EOF the
 * sequence ids are raised in place when a header is consumed, so the buffer must be writable.
 *
 * <p>The backend must have agreed on SESSION_TRACK and DEPRECATE_EOF.
 */
public final class ResponseScanner {
    /** Stands for a first sequence id that is not known: the command was made of several packets. */
    public static final int ANY_SEQUENCE_ID = -1;

    /** The longest control packet that is waited for, in bytes: it has to lie in memory as a whole. */
    public static final int CONTROL_PACKET_BYTES_MAX = 1 << 20;

    /** Behind the three bytes of the length. */
    private static final int SEQUENCE_ID_SHIFT = 24;

    private final ControlFields fields = new ControlFields();
    private final SequenceIds sequenceIds = new SequenceIds();
    private final Definitions definitions = new Definitions();
    private ResponseShape shape = ResponseShape.SIMPLE;
    private Phase phase = Phase.COMPLETE;
    private boolean frontendDeprecatesEof;
    private boolean untouched = true;
    private boolean fileOffered;
    private boolean optionalMetadata;
    /** The id of the answer behind the frontend's file; -1 while that has not ended. */
    private int behindFile;
    /** Payload bytes of the current packet that are still to come. */
    private int payloadLeft;
    /** The current packet has the greatest length, so the next one continues it. */
    private boolean continued;

    private long rows;
    private int packetStart;
    private int packetLength;

    /** Starts a response whose first packet has sequence id 1. */
    public void begin(ResponseShape shape, boolean frontendDeprecatesEof) {
        begin(shape, frontendDeprecatesEof, 1);
    }

    /**
     * Starts a response.
     *
     * @param frontendDeprecatesEof whether the frontend negotiated CLIENT_DEPRECATE_EOF
     * @param firstSequenceId the id of the backend's first packet: one more than that of the command's last packet, or
     *     {@link #ANY_SEQUENCE_ID}
     */
    public void begin(ResponseShape shape, boolean frontendDeprecatesEof, int firstSequenceId) {
        this.shape = shape;
        this.frontendDeprecatesEof = frontendDeprecatesEof;
        sequenceIds.begin(firstSequenceId);
        phase = switch (shape) {
            case FIELD_LIST, FETCH, BINLOG -> Phase.ROWS;
            case QUERY, PREPARE, SIMPLE, STATISTICS -> Phase.FIRST;
        };
        untouched = true;
        fileOffered = false;
        optionalMetadata = false;
        behindFile = -1;
        payloadLeft = 0;
        continued = false;
        definitions.expect(0, 0);
        rows = 0;
        fields.clearAll();
    }

    /**
     * The response that has just begun may ask for the frontend's file, {@link Step#LOCAL_INFILE}. From a server that asks
     * anybody else it is an attempt to read files.
     */
    public void offerFile() {
        fileOffered = true;
    }

    /**
     * The command of the response that has just begun went to the backend in another number of packets than the frontend
     * sent, which goes on counting from its own.
     *
     * @param packets how many more the frontend sent; negative if the backend got more
     */
    public void shiftSequenceIds(int packets) {
        sequenceIds.shift(packets);
    }

    /**
     * The response that has just begun comes over a compressed connection, where a server counts frames and gives packets
     * ids that follow from them: packets are counted here instead, as over any other connection.
     */
    public void renumber() {
        sequenceIds.renumber();
    }

    /** The response that has just begun comes over a connection on which both sides have OPTIONAL_RESULTSET_METADATA. */
    public void metadataIsOptional() {
        optionalMetadata = true;
    }

    /** The frontend's file has ended; the answer to it has this id. */
    public void fileEnded(int answerId) {
        behindFile = answerId & 0xFF;
    }

    /**
     * Consumes the next bytes of one kind from the buffer's reader index on.
     *
     * @throws ProtocolException if the bytes cannot be part of this response; the connection is out of step and to be
     *     closed
     * @throws IllegalStateException if the response is complete
     */
    public Step next(ByteBuf in) {
        int start = in.readerIndex();
        int limit = in.writerIndex();
        int end = relay(in, start, limit);
        if (end > start) {
            untouched = false;
            in.readerIndex(end);
            return Step.RELAY;
        }
        if (payloadLeft > 0 || continued) {
            return Step.NEED_MORE;
        }
        return switch (phase) {
            case BOUNDARY -> boundary(in, start, limit);
            case COMPLETE -> throw new IllegalStateException("the response is complete");
            case FIRST, INFILE, DEFINITIONS, ROWS -> control(in, start, limit);
        };
    }

    /** The hot loop: walks over everything that needs no decision. */
    private int relay(ByteBuf in, int from, int limit) {
        int index = from;
        while (true) {
            if (payloadLeft > 0) {
                int part = Math.min(payloadLeft, limit - index);
                index += part;
                payloadLeft -= part;
                if (payloadLeft > 0) {
                    return index;
                }
            }
            if (phase == Phase.ROWS && !continued && shape != ResponseShape.FIELD_LIST) {
                index = wholeRows(in, index, limit);
            }
            if (limit - index < HEADER_LENGTH) {
                return index;
            }
            int header = in.getIntLE(index);
            int length = header & MAX_PAYLOAD_LENGTH;
            // What continues a packet is not looked at: its first byte is in the middle of a value.
            if (!continued && !startsRelayedPacket(in, index, limit, length)) {
                return index;
            }
            sequenceIds.take(in, index, header >>> SEQUENCE_ID_SHIFT);
            continued = length == MAX_PAYLOAD_LENGTH;
            payloadLeft = length;
            index += HEADER_LENGTH;
        }
    }

    /** Passes over rows that are there as a whole: one read of the buffer for the header and the first byte of each. */
    private int wholeRows(ByteBuf in, int from, int limit) {
        int index = from;
        int passed = 0;
        while (limit - index >= Long.BYTES) {
            long head = in.getLongLE(index);
            int length = (int) head & MAX_PAYLOAD_LENGTH;
            int first = (int) (head >>> Integer.SIZE) & 0xFF;
            boolean plain = length > 0 && length < MAX_PAYLOAD_LENGTH && first < ControlFields.EOF_HEADER;
            if (!plain || limit - index - HEADER_LENGTH < length) {
                break;
            }
            sequenceIds.take(in, index, (int) head >>> SEQUENCE_ID_SHIFT);
            passed++;
            index += HEADER_LENGTH + length;
        }
        rows += passed;
        return index;
    }

    private boolean startsRelayedPacket(ByteBuf in, int index, int limit, int length) {
        if (phase != Phase.ROWS && phase != Phase.DEFINITIONS) {
            return false;
        }
        if (length == 0) {
            throw new ProtocolException("packet length", "at least 1 byte", "0 bytes", index);
        }
        if (limit - index == HEADER_LENGTH) {
            return false;
        }
        int first = in.getUnsignedByte(index + HEADER_LENGTH);
        if (first == ControlFields.ERR_HEADER) {
            return false;
        }
        if (phase == Phase.DEFINITIONS) {
            definition(first, length, index);
            return true;
        }
        // A row whose first value has 16 MiB or more starts with 0xFE, too, in a packet of the greatest length.
        if (first == ControlFields.EOF_HEADER && length < MAX_PAYLOAD_LENGTH) {
            return false;
        }
        // NULL in front of a row; no description of a column starts like that.
        if (first == ControlFields.LOCAL_INFILE_HEADER && shape == ResponseShape.FIELD_LIST) {
            throw ControlFields.unexpected("column definition", "no request for a file", first, length, index);
        }
        rows++;
        return true;
    }

    private void definition(int first, int length, int index) {
        if (first >= ControlFields.LOCAL_INFILE_HEADER || length == MAX_PAYLOAD_LENGTH) {
            throw ControlFields.unexpected(
                    "column definition", definitions.left() + " more definitions", first, length, index);
        }
        if (definitions.takeLast()) {
            phase = frontendDeprecatesEof ? afterDefinitions() : Phase.BOUNDARY;
        }
    }

    private Phase afterDefinitions() {
        if (shape == ResponseShape.QUERY) {
            return Phase.ROWS;
        }
        return definitions.nextGroup() ? Phase.DEFINITIONS : Phase.COMPLETE;
    }

    /**
     * Decides whether an EOF is due behind the definitions. A statement that opened a cursor has one end packet only, with
     * or without the capability, so the packet behind the definitions has to be seen first.
     */
    private Step boundary(ByteBuf in, int start, int limit) {
        if (shape == ResponseShape.QUERY) {
            if (limit - start <= HEADER_LENGTH) {
                return Step.NEED_MORE;
            }
            int length = in.getUnsignedMediumLE(start);
            int first = in.getUnsignedByte(start + HEADER_LENGTH);
            if (first == ControlFields.EOF_HEADER && length < MAX_PAYLOAD_LENGTH) {
                if (!ControlFields.isWhole(start, limit, length)) {
                    return Step.NEED_MORE;
                }
                fields.readEnd(in, start + HEADER_LENGTH, length);
                if ((fields.status & ServerStatus.SERVER_STATUS_CURSOR_EXISTS) != 0) {
                    phase = Phase.ROWS;
                    return control(in, start, limit);
                }
            }
        }
        sequenceIds.insertEof();
        phase = definitions.skipsGroup() ? Phase.BOUNDARY : afterDefinitions();
        return Step.COLUMNS_END;
    }

    /** Handles the packet at {@code start}, which is none that {@link #relay} may pass over. */
    private Step control(ByteBuf in, int start, int limit) {
        if (limit - start < HEADER_LENGTH) {
            return Step.NEED_MORE;
        }
        int length = in.getUnsignedMediumLE(start);
        // Behind a header alone a row of any length may follow: its first byte says what it is.
        boolean unknown = length > 0 && limit - start == HEADER_LENGTH;
        if (unknown || !ControlFields.isWhole(start, limit, length)) {
            return Step.NEED_MORE;
        }
        int payload = start + HEADER_LENGTH;
        if (length == 0 && shape != ResponseShape.STATISTICS) {
            throw new ProtocolException("packet length", "at least 1 byte", "0 bytes", start);
        }
        int first = length == 0 ? -1 : in.getUnsignedByte(payload);
        int sequenceId = in.getUnsignedByte(start + 3);
        if (phase == Phase.INFILE) {
            boolean counted = sequenceIds.isRenumbering() && behindFile >= 0;
            sequenceIds.follow(counted ? behindFile : sequenceId);
            behindFile = -1;
        }
        if (first == ControlFields.ERR_HEADER && untouched) {
            sequenceIds.takeFirstErr(in, start, sequenceId);
        } else {
            sequenceIds.take(in, start, sequenceId);
        }
        untouched = false;
        packetStart = start;
        packetLength = HEADER_LENGTH + length;
        in.readerIndex(start + packetLength);
        return read(in, payload, length, first);
    }

    private Step read(ByteBuf in, int payload, int length, int first) {
        if (first == ControlFields.ERR_HEADER) {
            fields.readErr(in, payload, length);
            phase = Phase.COMPLETE;
            return Step.ERR;
        }
        if (phase == Phase.ROWS) {
            fields.readEnd(in, payload, length);
            endResult();
            return Step.ROWS_END;
        }
        return switch (shape) {
            case QUERY -> firstOfResult(in, payload, length, first);
            case PREPARE -> prepareOk(in, payload, length, first);
            case SIMPLE, STATISTICS -> single(in, payload, length, first);
            case FIELD_LIST, FETCH, BINLOG -> throw new IllegalStateException(shape + " in " + phase);
        };
    }

    private Step firstOfResult(ByteBuf in, int payload, int length, int first) {
        rows = 0;
        if (first == ControlFields.OK_HEADER) {
            fields.readOk(in, payload, length);
            endResult();
            return Step.OK;
        }
        if (phase == Phase.INFILE) {
            throw ControlFields.unexpected("answer to LOCAL INFILE", "OK or ERR", first, length, payload);
        }
        if (first == ControlFields.LOCAL_INFILE_HEADER) {
            if (!fileOffered) {
                throw ControlFields.unexpected("result", "no request for a file", first, length, payload);
            }
            fields.clear();
            phase = Phase.INFILE;
            return Step.LOCAL_INFILE;
        }
        fields.readColumnCount(in, payload, length, optionalMetadata);
        if (fields.metadataFollows) {
            definitions.expect(fields.columnCount, 0);
            phase = Phase.DEFINITIONS;
        } else {
            definitions.expect(0, 0);
            phase = frontendDeprecatesEof ? Phase.ROWS : Phase.BOUNDARY;
        }
        return Step.RELAY;
    }

    private Step prepareOk(ByteBuf in, int payload, int length, int first) {
        if (first != ControlFields.OK_HEADER) {
            throw ControlFields.unexpected("COM_STMT_PREPARE response", "0x00 or ERR", first, length, payload);
        }
        if (length == ControlFields.SHORTEST_OK_PAYLOAD_BYTES) {
            // MySQL 8.0 says no more than that when it prepares a SET GLOBAL that the account may not run.
            fields.readOk(in, payload, length);
            phase = Phase.COMPLETE;
            return Step.OK;
        }
        fields.readPrepareOk(in, payload, length, optionalMetadata);
        if (!fields.metadataFollows) {
            return prepareOkAlone();
        }
        definitions.expect(fields.parameterCount, fields.columnCount);
        phase = fields.parameterCount > 0 ? Phase.DEFINITIONS : afterDefinitions();
        return Step.PREPARE_OK;
    }

    /** Nothing follows but, for frontends that want them, an EOF for each group of definitions. */
    private Step prepareOkAlone() {
        int groups = (fields.parameterCount > 0 ? 1 : 0) + (fields.columnCount > 0 ? 1 : 0);
        boolean eofs = !frontendDeprecatesEof && groups > 0;
        definitions.expectNone(groups);
        phase = eofs ? Phase.BOUNDARY : Phase.COMPLETE;
        return Step.PREPARE_OK;
    }

    private Step single(ByteBuf in, int payload, int length, int first) {
        phase = Phase.COMPLETE;
        if (shape == ResponseShape.STATISTICS) {
            fields.clear();
            return Step.TEXT;
        }
        if (first == ControlFields.OK_HEADER) {
            fields.readOk(in, payload, length);
            return Step.OK;
        }
        if (first == ControlFields.EOF_HEADER) {
            fields.readEnd(in, payload, length);
            return length < ControlFields.OK_PAYLOAD_BYTES_MIN ? Step.EOF_PACKET : Step.ROWS_END;
        }
        throw ControlFields.unexpected("response", "OK, EOF or ERR", first, length, payload);
    }

    /** Only the answer to a statement can have several results; elsewhere the flag is a remainder of an earlier one. */
    private void endResult() {
        boolean more = (fields.status & ServerStatus.SERVER_MORE_RESULTS_EXISTS) != 0;
        phase = more && shape == ResponseShape.QUERY ? Phase.FIRST : Phase.COMPLETE;
    }

    /** Nothing more of this response will come. */
    public boolean isComplete() {
        return phase == Phase.COMPLETE && payloadLeft == 0;
    }

    /** Nothing has been consumed since {@link #begin}. */
    public boolean isUntouched() {
        return untouched;
    }

    /** Index in the buffer of the header of the control packet that was consumed last. */
    public int packetStart() {
        return packetStart;
    }

    /** Length of that packet with its header, in bytes. */
    public int packetLength() {
        return packetLength;
    }

    /** The sequence id of the EOF that {@link Step#COLUMNS_END} asks for. */
    public int eofSequenceId() {
        return sequenceIds.last();
    }

    /** The sequence id, as the frontend sees it, of the last packet consumed or inserted. */
    public int lastSequenceId() {
        return sequenceIds.last();
    }

    /** By how much the frontend's sequence ids are ahead of the backend's; a file for LOCAL INFILE has to be lowered by it. */
    public int insertedEofs() {
        return sequenceIds.insertedEofs();
    }

    /** The status flags of the last OK or end packet, see {@link ServerStatus}. */
    public int status() {
        return fields.status;
    }

    /** The warning count of the last OK, end packet or PREPARE_OK. */
    public int warnings() {
        return fields.warnings;
    }

    /** Affected rows of the last OK, unsigned. */
    public long affectedRows() {
        return fields.affectedRows;
    }

    /** Last insert id of the last OK, unsigned. */
    public long lastInsertId() {
        return fields.lastInsertId;
    }

    /** Whether the last OK carries session state. */
    public boolean hasSessionState() {
        return fields.sessionStateIndex >= 0;
    }

    /** Index in the buffer of the first session-state entry. */
    public int sessionStateIndex() {
        return fields.sessionStateIndex;
    }

    /** Length of all session-state entries in bytes. */
    public int sessionStateLength() {
        return fields.sessionStateLength;
    }

    /** The number of the last ERR; 0 after any other control packet. */
    public int errorCode() {
        return fields.errorCode;
    }

    /** The backend's id of the statement, from PREPARE_OK. */
    public int statementId() {
        return fields.statementId;
    }

    /** Columns of the current result set or prepared statement. */
    public int columnCount() {
        return fields.columnCount;
    }

    /** Parameters of the prepared statement. */
    public int parameterCount() {
        return fields.parameterCount;
    }

    /** Rows, events, or definitions of COM_FIELD_LIST, of the current result set so far. */
    public long rows() {
        return rows;
    }
}
