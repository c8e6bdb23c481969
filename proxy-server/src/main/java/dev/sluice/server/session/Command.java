package dev.sluice.server.session;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.router.RouteReason;
import dev.sluice.router.Target;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.ConnectionIdQuestion;
import dev.sluice.router.sql.LastStatementQuestion;
import dev.sluice.router.sql.LexicalMode;
import dev.sluice.router.sql.StatementClassifier;
import dev.sluice.router.sql.StatementKind;
import dev.sluice.router.sql.Traits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The command that a session is at: what it is, what it needs, and its bytes for as long as they may be sent again. Reused
 * from command to command. Confined to the session's event loop.
 */
final class Command {
    private static final int TEXT_INDEX = Packets.HEADER_LENGTH + 1;
    /** Behind the id of the statement that is executed. */
    private static final int FLAGS_INDEX = TEXT_INDEX + 4;

    private static final int CURSORS = 0x07;

    private static final int SHORT_TEXT_BYTES_MAX = 1024;
    private static final Pattern FROM = Pattern.compile("FROM", Pattern.CASE_INSENSITIVE);

    private CommandType type = CommandType.UNKNOWN;
    private Classification statement;
    private ResponseShape shape = ResponseShape.SIMPLE;
    private @Nullable PreparedStatement prepared;
    private @Nullable ByteBuf packet;
    private int packetStart;
    private boolean streamed;
    private int packets;
    private @Nullable String text;
    private long startedNanos;
    private int newStatementId;
    /** Its server has refused it once for what was prepared there being out of date. */
    private boolean preparedAnew;

    private boolean leavesConditions;
    private byte @Nullable [] attributes;
    private boolean attributesThere;

    Command(Classification initial) {
        this.statement = initial;
    }

    /**
     * A command begins.
     *
     * @param commandType its first byte
     * @param classification what it needs
     * @param responseShape the shape of its response
     * @param about the statement that it is about, or null
     * @param nowNanos when it came
     */
    void begin(
            CommandType commandType,
            Classification classification,
            ResponseShape responseShape,
            @Nullable PreparedStatement about,
            long nowNanos) {
        type = commandType;
        statement = classification;
        shape = responseShape;
        prepared = about;
        startedNanos = nowNanos;
        text = null;
        preparedAnew = false;
        leavesConditions = false;
    }

    /** Takes the reference to its packet; {@code inPieces} if that is only its head. */
    void received(ByteBuf command, boolean inPieces) {
        streamed = inPieces;
        packets = inPieces ? 0 : 1;
        attributesThere = false;
        packet(command);
    }

    CommandType type() {
        return type;
    }

    Classification statement() {
        return statement;
    }

    /** A replica refused it as a write: whoever asks again shall not be refused again. */
    void learnWrite(StatementClassifier classifier) {
        Classification write = classifier.learnWrite(statement);
        if (prepared != null && type == CommandType.COM_STMT_EXECUTE) {
            prepared.learn(write);
        }
    }

    ResponseShape shape() {
        return shape;
    }

    @Nullable
    PreparedStatement prepared() {
        return prepared;
    }

    /** Whether it came, or still comes, in pieces: its bytes are not kept. */
    boolean isStreamed() {
        return streamed;
    }

    /** The command, which came in pieces, has ended with so many packets. */
    void ended(int count) {
        packets = count;
    }

    /** The sequence id of the first packet of its answer. */
    int answerId() {
        return packets == 0 ? ClientResponse.ANY_SEQUENCE_ID : packets & 0xFF;
    }

    long startedNanos() {
        return startedNanos;
    }

    /** Its text, where names in it matter. */
    @Nullable
    String text() {
        return text;
    }

    void text(@Nullable String sql) {
        text = sql;
    }

    /** The id for the statement that this COM_STMT_PREPARE makes; 0 for other commands. */
    int newStatementId() {
        return newStatementId;
    }

    void newStatementId(int id) {
        newStatementId = id;
    }

    /** Whether it may run on a replica, and may be sent again. */
    boolean isRead() {
        return statement.target() == Target.REPLICA && !streamed;
    }

    /**
     * Whether it may be sent again outside transactions though a server may have executed it: a read, or the begin of a
     * transaction, which is gone with its connection. Inside a transaction such a begin is a commit.
     */
    boolean isRepeatable() {
        return isRead() || (type == CommandType.COM_QUERY && !streamed && onlyBegins());
    }

    private boolean onlyBegins() {
        return switch (statement.kind()) {
            case BEGIN, START_TRANSACTION, START_TRANSACTION_READ_ONLY, START_TRANSACTION_READ_WRITE ->
                !statement.has(Traits.MULTI_STATEMENT | Traits.OPAQUE);
            default -> false;
        };
    }

    /**
     * Whether its server has not run it when it says that the statement has to be prepared anew. What a procedure did before
     * one of its statements met that error stays done, and of a text that was not read whole nobody knows what it does.
     */
    boolean mayBePreparedAnew() {
        PreparedStatement about = prepared;
        return type == CommandType.COM_STMT_EXECUTE
                && !streamed
                && !preparedAnew
                && about != null
                && about.boundTo() == null
                && statement.kind() != StatementKind.CALL
                && !statement.has(Traits.OPAQUE);
    }

    /** It goes to the same connection once more, with a new handle. */
    void prepareAnew() {
        preparedAnew = true;
        rewind();
    }

    boolean isPreparedAnew() {
        return preparedAnew;
    }

    /** Whether its bytes are kept until the answer is there. */
    private boolean keepsBytes() {
        return isRepeatable()
                || (!streamed && (type == CommandType.COM_STMT_EXECUTE || type == CommandType.COM_STMT_PREPARE));
    }

    boolean isLongData() {
        return type == CommandType.COM_STMT_SEND_LONG_DATA;
    }

    /** Whether its answer has no end but that of the connection. */
    boolean isBinlogDump() {
        return shape == ResponseShape.BINLOG;
    }

    boolean isPrepare() {
        return type == CommandType.COM_STMT_PREPARE;
    }

    /** Whether it names a statement by the id that the connection knows it by. */
    boolean needsHandle() {
        return type == CommandType.COM_STMT_EXECUTE
                || type == CommandType.COM_STMT_SEND_LONG_DATA
                || type == CommandType.COM_STMT_FETCH;
    }

    /** Whether it reads on behind a cursor, for which the schema makes no difference. */
    boolean isFetch() {
        return type == CommandType.COM_STMT_FETCH;
    }

    /** Whether it is about the schema alone, which then need not be brought to the connection before. */
    boolean choosesSchema() {
        return type == CommandType.COM_INIT_DB
                || (statement.kind() == StatementKind.USE && !statement.has(Traits.MULTI_STATEMENT));
    }

    /** What ran: preparing a statement is not running it. */
    Classification ran() {
        return isPrepare() ? Session.COMMAND : statement;
    }

    /** A replica refused it as a write: it is one. */
    void becomeWrite() {
        statement = new Classification(
                Target.PRIMARY,
                RouteReason.REPLICA_REFUSED,
                statement.kind(),
                statement.traits(),
                statement.fingerprintHigh(),
                statement.fingerprintLow());
    }

    /** Whether the server leaves the conditions of the statement before, unless there are new ones. */
    boolean leavesConditions() {
        return leavesConditions;
    }

    void leavesConditions(boolean leaves) {
        leavesConditions = leaves;
    }

    /** Whether it runs or prepares one of the statements that are certain to use no table. */
    boolean usesNoTable() {
        boolean runs = type == CommandType.COM_QUERY || type == CommandType.COM_STMT_EXECUTE;
        if (!(runs || isPrepare())
                || statement.has(Traits.MULTI_STATEMENT | Traits.OPAQUE | Traits.EXECUTABLE_COMMENT)) {
            return false;
        }
        return switch (statement.kind()) {
            case BEGIN, START_TRANSACTION, START_TRANSACTION_READ_ONLY, START_TRANSACTION_READ_WRITE -> true;
            case COMMIT, ROLLBACK, ROLLBACK_TO_SAVEPOINT, SAVEPOINT, RELEASE_SAVEPOINT, SET_TRANSACTION, USE -> true;
            case SET, DO -> !statement.has(Traits.UNCOUNTED_ROWS);
            case SELECT -> !mentionsFrom();
            default -> false;
        };
    }

    private boolean mentionsFrom() {
        byte[] sql = isPrepare() && !streamed ? shortTextOfPacket() : shortText();
        return sql == null
                || FROM.matcher(new String(sql, StandardCharsets.ISO_8859_1)).find();
    }

    /** Statements that ask, and commands that a server does not take for statements. */
    boolean keepsConditions() {
        return switch (type) {
            case COM_INIT_DB, COM_STATISTICS, COM_STMT_SEND_LONG_DATA, COM_STMT_FETCH -> true;
            default -> LastStatementQuestion.leavesConditions(ran());
        };
    }

    /** What it asks about the statement before it, if it is a statement that does nothing else. */
    @Nullable
    LastStatementQuestion question(LexicalMode mode) {
        // With a cursor the rows come later.
        boolean cursor =
                type == CommandType.COM_STMT_EXECUTE && (packet().getByte(packetStart + FLAGS_INDEX) & CURSORS) != 0;
        byte[] sql = cursor ? null : shortText();
        return sql == null ? null : LastStatementQuestion.read(sql, mode);
    }

    /** Whether it executes a statement that asks for the connection's id and nothing else, whose row comes at once. */
    boolean asksConnectionId(LexicalMode mode) {
        if (type != CommandType.COM_STMT_EXECUTE || !statement.has(Traits.SESSION_FUNCTION | Traits.SYSTEM_VARIABLE)) {
            return false;
        }
        boolean cursor = (packet().getByte(packetStart + FLAGS_INDEX) & CURSORS) != 0;
        byte[] sql = cursor ? null : shortText();
        return sql != null && ConnectionIdQuestion.read(Unpooled.wrappedBuffer(sql), 0, sql.length, mode) != null;
    }

    /** The statement; null if it is longer than any that asks for nothing but what the last one has left. */
    private byte @Nullable [] shortText() {
        PreparedStatement about = prepared;
        if (type == CommandType.COM_STMT_EXECUTE && about != null) {
            byte[] sql = about.sql().sql();
            return sql.length > SHORT_TEXT_BYTES_MAX ? null : sql;
        }
        return type != CommandType.COM_QUERY || streamed ? null : shortTextOfPacket();
    }

    private byte @Nullable [] shortTextOfPacket() {
        ByteBuf bytes = packet();
        int length = bytes.writerIndex() - packetStart - TEXT_INDEX;
        if (length > SHORT_TEXT_BYTES_MAX) {
            return null;
        }
        byte[] sql = new byte[length];
        bytes.getBytes(packetStart + TEXT_INDEX, sql);
        return sql;
    }

    /** The attributes of the COM_QUERY that comes next, which are not in its packet; null if the client has none to send. */
    void attributes(byte @Nullable [] taken) {
        attributes = taken;
    }

    // ---- its bytes ----

    /** Puts the attributes in front of the text for a server that expects them, and takes them out for another. */
    void attributesFor(boolean expected) {
        byte[] taken = attributes;
        if (taken == null || type != CommandType.COM_QUERY || expected == attributesThere) {
            return;
        }
        attributesThere = expected;
        if (expected) {
            CommandAttributes.put(packet(), taken);
            return;
        }
        // A copy: what was sent elsewhere may still be on its way.
        ByteBuf sent = packet();
        ByteBuf copy = sent.copy();
        sent.release();
        CommandAttributes.blank(copy, taken.length);
        packet(copy);
    }

    /** The bytes to send. */
    ByteBuf packet() {
        ByteBuf bytes = packet;
        if (bytes == null) {
            throw new IllegalStateException("a command without bytes");
        }
        return bytes;
    }

    /** The memory that it holds: a short packet may be part of the larger buffer that it came in. */
    int retainedBytes() {
        ByteBuf bytes = packet;
        return bytes == null ? 0 : bytes.capacity();
    }

    /** Other bytes for the same command. Takes the reference; the old one is the caller's. */
    void packet(ByteBuf bytes) {
        packet = bytes;
        packetStart = bytes.readerIndex();
    }

    /** Gives the bytes away for good, or a second reference to them if the command may have to be sent again. */
    ByteBuf bytesToSend() {
        ByteBuf bytes = packet();
        if (keepsBytes()) {
            return bytes.retain();
        }
        packet = null;
        return bytes;
    }

    /** The bytes are read from their start when they are sent again. */
    void rewind() {
        if (packet != null) {
            packet.readerIndex(packetStart);
        }
    }

    /** The bytes are not needed any more. */
    void dropPacket() {
        ByteBuf rest = packet;
        packet = null;
        if (rest != null) {
            rest.release();
        }
    }

    /** The command is over. */
    void end() {
        prepared = null;
        text = null;
        newStatementId = 0;
        attributes = null;
        dropPacket();
    }
}
