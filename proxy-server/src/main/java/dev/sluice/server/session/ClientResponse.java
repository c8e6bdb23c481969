package dev.sluice.server.session;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.ProtocolException;
import dev.sluice.protocol.ServerStatus;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.protocol.response.ControlPackets;
import dev.sluice.protocol.response.ResponseScanner;
import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.protocol.response.SessionTrackListener;
import dev.sluice.protocol.response.SessionTrackReader;
import dev.sluice.protocol.response.Step;
import dev.sluice.server.backend.BackendFailure;
import dev.sluice.server.backend.PendingResponse;
import dev.sluice.server.frontend.Frontend;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The response that the client waits for: it is relayed in the largest possible pieces, and only the packets that the
 * client must see in another form are written anew. Reused from command to command. Confined to the session's event loop.
 */
final class ClientResponse extends PendingResponse {
    /** Who wants to know what the response said. */
    interface Observer {
        /** An OK or the end of a result set: transaction flags, and the trackers if the packet carries any. */
        void observed(ResponseScanner scanner, ByteBuf in);

        /**
         * The response is an error of which the client has got nothing, nor of columns in front of it; true if it is not
         * to see it because the command will run elsewhere.
         */
        boolean intercepts(int errorCode);

        /** What the client is told instead of a server's error; null to pass the error on. */
        @Nullable
        ErrPacket replacement(int errorCode);

        /** The status flags of the session in front of this response. */
        int sessionStatus();

        /** The status flags of a transaction that the session has on another connection; 0 without one. */
        int statusElsewhere();

        /** A statement was prepared. */
        void prepared(ResponseScanner scanner);

        /** The response is whole. */
        void responseCompleted();

        /** The connection ended within the response. */
        void responseFailed(BackendFailure failure);
    }

    private static final int ABOUT_ONE_RESPONSE = ServerStatus.SERVER_MORE_RESULTS_EXISTS
            | ServerStatus.SERVER_SESSION_STATE_CHANGED
            | ServerStatus.SERVER_STATUS_CURSOR_EXISTS
            | ServerStatus.SERVER_STATUS_LAST_ROW_SENT
            | ServerStatus.SERVER_QUERY_NO_GOOD_INDEX_USED
            | ServerStatus.SERVER_QUERY_NO_INDEX_USED
            | ServerStatus.SERVER_STATUS_DB_DROPPED
            | ServerStatus.SERVER_STATUS_METADATA_CHANGED
            | ServerStatus.SERVER_QUERY_WAS_SLOW
            | ServerStatus.SERVER_PS_OUT_PARAMS;

    /** What arrived at once, and no more than this, is copied behind each other where parts of it are written anew: one write, not four. */
    private static final int JOINED_BYTES_MAX = 4 * 1024;

    /** Room for most messages. */
    private static final int ERROR_BYTES = 256;

    /** Stands for the number of rows of a result that has none, or has them behind a cursor; as unknown as any number can be. */
    static final long UNCOUNTED = -1;

    private final Frontend frontend;
    private final TrackerAdapter trackers;
    private final Observer observer;
    private final FileUpload file;
    private final ClientTrackers clientTrackers;

    private ResponseShape shape = ResponseShape.QUERY;
    private int firstSequenceId;
    private int statementId;
    private boolean offersFile;
    private boolean trackedForClient;
    private boolean delivered;
    private boolean discarded;
    private boolean failed;
    private boolean tooEarly;
    private boolean fileAsked;
    private int errorCode;
    private int warnings;
    private int lastStatus = ServerStatus.SERVER_STATUS_AUTOCOMMIT;
    private long lastInsertId;
    private int lastSequenceId;
    private long rowCount;
    private long rows;
    private int columns;
    private @Nullable ErrPacket replacement;
    private @Nullable RecalledRows recalled;
    /** What the client gets of the bytes that are being consumed, once some of them were written anew. */
    private @Nullable ByteBuf joined;

    /**
     * @param file takes what the client sends when the server has asked for a file
     * @param clientTrackers what the client wants to see of the session's state
     */
    ClientResponse(
            Frontend frontend,
            TrackerAdapter trackers,
            Observer observer,
            FileUpload file,
            ClientTrackers clientTrackers) {
        this.frontend = frontend;
        this.trackers = trackers;
        this.observer = observer;
        this.file = file;
        this.clientTrackers = clientTrackers;
    }

    /**
     * Gets ready for the next response.
     *
     * @param newStatementId the client's id to put into a PREPARE_OK; 0 for other shapes
     */
    void begin(ResponseShape newShape, int newFirstSequenceId, int newStatementId) {
        shape = newShape;
        firstSequenceId = newFirstSequenceId;
        statementId = newStatementId;
        offersFile = false;
        trackedForClient = false;
        delivered = false;
        discarded = false;
        failed = false;
        tooEarly = false;
        fileAsked = false;
        errorCode = 0;
        warnings = 0;
        lastInsertId = 0;
        lastSequenceId = 0;
        rowCount = -1;
        rows = UNCOUNTED;
        columns = 0;
        replacement = null;
        recalled = null;
    }

    /** The client gets these rows in place of the server's. */
    void recalled(@Nullable RecalledRows known) {
        recalled = known;
    }

    /** The command that was given loads a file of the client, if the client said that it has any. */
    void offersFile(boolean loads) {
        offersFile = loads && (frontend.capabilities() & Capabilities.CLIENT_LOCAL_FILES) != 0;
    }

    /** The connection has the client's own switches of session tracking: what it reports is what the client wants. */
    void trackedForClient(boolean byItsOwnSwitches) {
        trackedForClient = byItsOwnSwitches;
    }

    @Override
    public boolean offersFile() {
        return offersFile;
    }

    /** Keeps the whole response from the client: a command in front of it failed. */
    void discard() {
        discarded = true;
        dropJoined();
    }

    boolean isDiscarded() {
        return discarded;
    }

    /** Whether the client has got a byte of this response. */
    boolean isDelivered() {
        return delivered;
    }

    /** Whether it came before the server had the client's whole file, the rest of which it would take for commands. */
    boolean isTooEarly() {
        return tooEarly;
    }

    /** Whether the response ended with an error of the server. */
    boolean isError() {
        return failed;
    }

    int errorCode() {
        return errorCode;
    }

    int warnings() {
        return warnings;
    }

    int lastStatus() {
        return lastStatus;
    }

    /** The last insert id of the last OK. */
    long lastInsertId() {
        return lastInsertId;
    }

    /** What ROW_COUNT() is after the last result: the affected rows, or -1 after rows or an error. */
    long rowCount() {
        return rowCount;
    }

    /** How many rows the last result had; {@link #UNCOUNTED} if it has none, or has them behind a cursor. */
    long rows() {
        return rows;
    }

    /** How many columns the last result set had. */
    int columns() {
        return columns;
    }

    /** What the client was told instead of the server's error; null if it was told that, or if there was none. */
    @Nullable
    ErrPacket replacement() {
        return replacement;
    }

    /** The sequence id that the client saw last. */
    int lastSequenceId() {
        return lastSequenceId;
    }

    /** The command, which came in pieces, has ended with so many packets. */
    void commandEnded(int packets) {
        firstSequenceId = packets & 0xFF;
    }

    @Override
    public ResponseShape shape() {
        return shape;
    }

    @Override
    public boolean deprecatesEof() {
        return frontend.deprecatesEof();
    }

    @Override
    public int firstSequenceId() {
        return firstSequenceId;
    }

    @Override
    public boolean consume(ResponseScanner scanner, ByteBuf in) {
        int runStart = in.readerIndex();
        if (fileAsked && !file.isOpen()) {
            fileAsked = false;
            scanner.fileEnded(file.answerId());
        }
        while (!scanner.isComplete()) {
            Step step = scanner.next(in);
            if (step == Step.NEED_MORE) {
                break;
            }
            lastSequenceId = scanner.lastSequenceId();
            if (step != Step.RELAY) {
                runStart = control(step, scanner, in, runStart);
            }
        }
        ByteBuf all = joined;
        boolean written = all == null && !discarded && recalled == null;
        if (written && !in.isReadable() && runStart < in.readerIndex()) {
            // Nobody else needs the buffer, and a part of it would be an object.
            write(in.readerIndex(runStart));
            return true;
        }
        relay(in, runStart, in.readerIndex());
        if (all != null) {
            joined = null;
            write(all);
        }
        return false;
    }

    /** Handles one packet that is understood; returns where the next run of relayed bytes starts. */
    private int control(Step step, ResponseScanner scanner, ByteBuf in, int runStart) {
        if (file.isOpen()) {
            return tooEarly(step, scanner, in, runStart);
        }
        return switch (step) {
            case OK -> ok(scanner, in, runStart);
            case ROWS_END -> rowsEnd(scanner, in, runStart);
            case EOF_PACKET -> {
                note(scanner);
                yield runStart;
            }
            case COLUMNS_END -> columnsEnd(scanner, in, runStart);
            case PREPARE_OK -> {
                warnings = scanner.warnings();
                observer.prepared(scanner);
                in.setIntLE(scanner.packetStart() + Packets.HEADER_LENGTH + 1, statementId);
                yield runStart;
            }
            case ERR -> error(scanner, in, runStart);
            case LOCAL_INFILE -> {
                if (discarded) {
                    throw new ProtocolException("a request for a file behind a command that failed");
                }
                relay(in, runStart, in.readerIndex());
                fileAsked = true;
                file.begin(scanner.insertedEofs());
                yield in.readerIndex();
            }
            case TEXT, RELAY, NEED_MORE -> runStart;
        };
    }

    /** The client reads no answer before it has sent its file: an error is kept until then, and nothing else makes sense. */
    private int tooEarly(Step step, ResponseScanner scanner, ByteBuf in, int runStart) {
        if (step != Step.ERR) {
            throw new ProtocolException("an answer in the middle of the client's file");
        }
        failed = true;
        tooEarly = true;
        errorCode = scanner.errorCode();
        relay(in, runStart, scanner.packetStart());
        file.discardRest(ErrPacket.decode(
                in.slice(scanner.packetStart() + Packets.HEADER_LENGTH, scanner.packetLength() - Packets.HEADER_LENGTH),
                Capabilities.CLIENT_PROTOCOL_41));
        return in.readerIndex();
    }

    private void note(ResponseScanner scanner) {
        warnings = scanner.warnings();
        lastStatus = scanner.status();
    }

    /** A cursor may be open on a connection that knows nothing of the transaction. */
    private void addStatus(ResponseScanner scanner, ByteBuf in) {
        int elsewhere = observer.statusElsewhere();
        if (elsewhere != 0) {
            ControlPackets.addStatus(in, scanner.packetStart(), scanner.packetLength(), elsewhere);
        }
    }

    private int ok(ResponseScanner scanner, ByteBuf in, int runStart) {
        note(scanner);
        addStatus(scanner, in);
        rowCount = scanner.affectedRows();
        rows = UNCOUNTED;
        if (scanner.lastInsertId() != 0) {
            lastInsertId = scanner.lastInsertId();
        }
        if (!scanner.hasSessionState()) {
            observer.observed(scanner, in);
            return runStart;
        }
        return sessionStateForClient(scanner, in, runStart);
    }

    private int rowsEnd(ResponseScanner scanner, ByteBuf in, int runStart) {
        note(scanner);
        rowCount = -1;
        columns = scanner.columnCount();
        rows = (scanner.status() & ServerStatus.SERVER_STATUS_CURSOR_EXISTS) != 0 ? UNCOUNTED : scanner.rows();
        if (!frontend.deprecatesEof()) {
            trackers.read(scanner, in);
            observer.observed(scanner, in);
            join(in, runStart);
            relay(in, runStart, scanner.packetStart());
            ByteBuf out = output(in, ControlPackets.EOF_PACKET_BYTES);
            int status = scanner.status() | observer.statusElsewhere();
            ControlPackets.writeEof(out, scanner.lastSequenceId(), scanner.warnings(), status);
            put(out);
            return in.readerIndex();
        }
        addStatus(scanner, in);
        if (!scanner.hasSessionState()) {
            observer.observed(scanner, in);
            return runStart;
        }
        return sessionStateForClient(scanner, in, runStart);
    }

    private int sessionStateForClient(ResponseScanner scanner, ByteBuf in, int runStart) {
        trackers.read(scanner, in);
        observer.observed(scanner, in);
        boolean tracked = (frontend.capabilities() & Capabilities.CLIENT_SESSION_TRACK) != 0;
        if (tracked && trackedForClient && clientTrackers.wantsAll()) {
            return runStart;
        }
        join(in, runStart);
        relay(in, runStart, scanner.packetStart());
        ByteBuf out = output(in, scanner.packetLength());
        if (tracked) {
            clientTrackers.writeOk(out, in, scanner, trackedForClient);
        } else {
            ControlPackets.writeOkWithoutSessionState(out, in, scanner.packetStart(), scanner.packetLength());
        }
        put(out);
        return in.readerIndex();
    }

    private int columnsEnd(ResponseScanner scanner, ByteBuf in, int runStart) {
        join(in, runStart);
        relay(in, runStart, in.readerIndex());
        ByteBuf out = output(in, ControlPackets.EOF_PACKET_BYTES);
        if (shape == ResponseShape.PREPARE) {
            ControlPackets.writeEof(out, scanner.eofSequenceId(), warnings, observer.sessionStatus());
        } else {
            // The status that counts is the one behind the rows; here only "in a result set" is said.
            ControlPackets.writeEof(out, scanner.eofSequenceId(), 0, lastStatus & ~ABOUT_ONE_RESPONSE);
        }
        put(out);
        return in.readerIndex();
    }

    private int error(ResponseScanner scanner, ByteBuf in, int runStart) {
        failed = true;
        errorCode = scanner.errorCode();
        rowCount = -1;
        // An error says of none, and those of a result in front of it have gone with its statement.
        warnings = 0;
        // A server sends the columns before it looks for rows, but in one go with what it finds.
        if (!delivered && observer.intercepts(errorCode)) {
            discard();
            return in.readerIndex();
        }
        replacement = observer.replacement(errorCode);
        if (replacement == null) {
            return runStart;
        }
        relay(in, runStart, scanner.packetStart());
        ByteBuf out = output(in, ERROR_BYTES);
        Packets.write(out, scanner.lastSequenceId(), replacement, frontend.capabilities());
        put(out);
        return in.readerIndex();
    }

    /** A packet will be written anew: what is few is collected, from the run in front of it on. */
    private void join(ByteBuf in, int runStart) {
        int bytes = in.writerIndex() - runStart;
        if (joined == null && !discarded && recalled == null && bytes <= JOINED_BYTES_MAX) {
            joined = in.alloc().buffer(bytes + 2 * ControlPackets.EOF_PACKET_BYTES);
        }
    }

    private ByteBuf output(ByteBuf in, int length) {
        return joined == null ? in.alloc().buffer(length) : joined;
    }

    private void put(ByteBuf out) {
        if (joined == null) {
            write(out);
        }
    }

    private void dropJoined() {
        ByteBuf all = joined;
        joined = null;
        if (all != null) {
            all.release();
        }
    }

    private void relay(ByteBuf in, int start, int end) {
        if (end <= start || discarded) {
            return;
        }
        if (joined == null) {
            write(in.retainedSlice(start, end - start));
        } else {
            joined.writeBytes(in, start, end - start);
        }
    }

    private void write(ByteBuf bytes) {
        if (discarded) {
            bytes.release();
            return;
        }
        if (recalled != null) {
            recalled.collect(bytes.alloc(), bytes);
            return;
        }
        delivered = true;
        frontend.write(bytes);
    }

    /** Answers the client with an error in place of this response. Nothing of it may have been delivered. */
    void answer(ErrPacket error) {
        int sequenceId = firstSequenceId == ANY_SEQUENCE_ID ? 1 : firstSequenceId;
        frontend.send(sequenceId, error);
    }

    @Override
    public void completed() {
        RecalledRows known = recalled;
        recalled = null;
        if (known != null && discarded) {
            known.drop();
        } else if (known != null) {
            write(known.rewritten(frontend.channel().alloc(), frontend.deprecatesEof()));
        }
        observer.responseCompleted();
    }

    @Override
    public void failed(BackendFailure failure) {
        dropJoined();
        if (recalled != null) {
            recalled.drop();
        }
        observer.responseFailed(failure);
    }

    /** Reads the trackers of an OK into what the session learns from. */
    interface TrackerAdapter {
        /** Reads the session state of the packet that the scanner has just consumed, if it has any. */
        void read(ResponseScanner scanner, ByteBuf in);
    }

    /** Reads trackers with a given listener. */
    static TrackerAdapter trackersInto(SessionTrackListener listener) {
        return (scanner, in) -> {
            if (scanner.hasSessionState()) {
                SessionTrackReader.read(in, scanner.sessionStateIndex(), scanner.sessionStateLength(), listener);
            }
        };
    }
}
