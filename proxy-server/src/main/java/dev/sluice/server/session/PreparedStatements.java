package dev.sluice.server.session;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.response.ResponseScanner;
import dev.sluice.router.session.SessionState;
import dev.sluice.router.session.StateVector;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.Traits;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.PendingResponse;
import dev.sluice.server.backend.StatementHandles.Handle;
import dev.sluice.server.backend.StatementHandles.Text;
import io.netty.buffer.ByteBuf;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import org.jspecify.annotations.Nullable;

/**
 * The prepared statements of one session by the ids that the client knows, and the changes that their packets need on the
 * way to a backend. Confined to the session's event loop.
 *
 * @see <a href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_execute.html">COM_STMT_EXECUTE</a>
 */
final class PreparedStatements {
    private static final int ID_INDEX = Packets.HEADER_LENGTH + 1;
    /** Behind the id: flags (1) and iteration count (4), then the NULL bitmap. */
    private static final int BITMAP_INDEX = ID_INDEX + 9;

    private final IntObjectMap<PreparedStatement> statements = new IntObjectHashMap<>();
    private final SessionState state;
    private final StatementTexts texts;
    private int lastId;
    /** What these statements take of the bound of one client. */
    private long bytes;

    private StatementTexts.@Nullable Text preparing;
    private boolean preparingLarge;
    private @Nullable PrepareCommand sending;

    PreparedStatements(SessionState state, StatementTexts texts) {
        this.state = state;
        this.texts = texts;
    }

    /** What these statements take, in bytes. */
    long bytes() {
        return bytes;
    }

    int size() {
        return statements.size();
    }

    /** The statement that a packet names, or null. The id stands behind the command byte. */
    @Nullable
    PreparedStatement named(ByteBuf packet) {
        return packet.readableBytes() < ID_INDEX + 4
                ? null
                : statements.get(packet.getIntLE(packet.readerIndex() + ID_INDEX));
    }

    /**
     * Reserves the next id for a statement that is being prepared.
     *
     * @param large whether the client's packets were not kept
     */
    int nextId(StatementTexts.Text sql, boolean large) {
        preparing = sql;
        preparingLarge = large;
        do {
            lastId++;
        } while (lastId == 0 || statements.containsKey(lastId));
        return lastId;
    }

    /** Whether what is being prepared has to be sent from its text. */
    boolean preparesLarge() {
        return preparing != null && preparingLarge;
    }

    /** Whether the answer to what is being prepared may be numbered beyond the first ids. */
    boolean preparesSeveralPackets() {
        StatementTexts.Text text = preparing;
        return text != null && PrepareCommand.isOfSeveralPackets(text.sql());
    }

    /** Sends a COM_STMT_PREPARE of what is being prepared. */
    void sendPreparing(BackendConnection target, PendingResponse response) {
        StatementTexts.Text text = preparing;
        if (text == null) {
            throw new IllegalStateException("no statement is being prepared");
        }
        send(target, text.sql(), response);
    }

    /** Sends a COM_STMT_PREPARE. */
    void send(BackendConnection target, byte[] sql, PendingResponse response) {
        sending = PrepareCommand.send(target, sql, response);
    }

    /** Whether the last COM_STMT_PREPARE that was sent from its text is still being sent. */
    boolean isSending() {
        PrepareCommand last = sending;
        return last != null && last.isUnderWay();
    }

    /** The statement that was being prepared has been, or cannot be. */
    void endPreparing() {
        StatementTexts.Text text = preparing;
        preparing = null;
        sending = null;
        if (text != null) {
            texts.release(text);
        }
    }

    /** A backend prepared the statement. */
    void prepared(int id, Classification classification, BackendConnection connection, ResponseScanner scanner) {
        StatementTexts.Text sql = preparing;
        if (sql == null) {
            throw new IllegalStateException("no statement is being prepared");
        }
        preparing = null;
        bytes += sql.size();
        StateVector reading = state.vector().forReading(classification.has(Traits.USER_VARIABLE_READ));
        Text text = new Text(sql.digest(), reading, 0);
        Handle existing = connection.statements().find(text);
        if (existing != null) {
            if (existing.exclusiveTo() != null) {
                // A cursor is open on the older one: this one gets a handle of its own.
                text = new Text(sql.digest(), reading, id);
            } else {
                connection.closeStatement(text);
            }
        }
        connection.statements().add(text, new Handle(scanner.statementId()));
        statements.put(id, new PreparedStatement(id, text, sql, classification, scanner.parameterCount()));
    }

    /** Removes a statement that the client closed. */
    void remove(PreparedStatement statement) {
        if (statements.remove(statement.id()) != null) {
            bytes -= statement.sql().size();
            texts.release(statement.sql());
        }
    }

    /** Forgets all, as COM_RESET_CONNECTION and COM_CHANGE_USER do. */
    void clear() {
        endPreparing();
        statements.values().forEach(statement -> texts.release(statement.sql()));
        statements.clear();
        bytes = 0;
    }

    /** All statements, for unbinding those whose connection is gone. */
    Iterable<PreparedStatement> all() {
        return statements.values();
    }

    /**
     * Notes the parameter types of a statement's first execution. A server derives from them what the statement computes,
     * so from then on the statement runs only on handles that were executed with the same types first.
     */
    void noteFirstTypes(ByteBuf packet, PreparedStatement statement, BackendConnection connection) {
        if (statement.isExecuted() || statement.parameters() == 0) {
            return;
        }
        byte[] types = typesIn(packet, statement);
        if (types == null) {
            return;
        }
        Text before = statement.text();
        Handle unexecuted = connection.statements().find(before);
        statement.firstTypes(types);
        if (unexecuted == null) {
            return;
        }
        if (unexecuted.exclusiveTo() == statement) {
            // Parameter data has been sent to this very handle.
            statement.separate();
        }
        boolean free = unexecuted.exclusiveTo() == null || unexecuted.exclusiveTo() == statement;
        if (free && connection.statements().find(statement.text()) == null) {
            connection.statements().rename(before, statement.text(), unexecuted);
        }
    }

    /** The types in a COM_STMT_EXECUTE; null if it carries none, or not whole. */
    private static byte @Nullable [] typesIn(ByteBuf packet, PreparedStatement statement) {
        int flagIndex = packet.readerIndex() + BITMAP_INDEX + (statement.parameters() + 7) / 8;
        int typesLength = 2 * statement.parameters();
        if (flagIndex + 1 + typesLength > packet.writerIndex() || packet.getByte(flagIndex) != 1) {
            return null;
        }
        byte[] types = new byte[typesLength];
        packet.getBytes(flagIndex + 1, types);
        return types;
    }

    /**
     * Puts the backend's id into a packet and, in a COM_STMT_EXECUTE without parameter types, the types that the client
     * bound before: this backend may not have seen them. Returns the packet to send; its reference is taken and given.
     */
    ByteBuf addressed(CommandType type, ByteBuf packet, PreparedStatement statement, Handle handle) {
        byte[] missing = missingTypes(type, packet, statement, handle);
        if (missing == null) {
            return packet;
        }
        ByteBuf whole = withTypes(packet, flagIndex(packet, statement), missing);
        return whole.setMediumLE(0, whole.readableBytes() - Packets.HEADER_LENGTH);
    }

    /** The same for the head of a command that comes in pieces; {@code stream} cuts the rest anew if types are put in. */
    ByteBuf addressedHead(
            CommandType type, ByteBuf head, PreparedStatement statement, Handle handle, CommandStream stream) {
        byte[] missing = missingTypes(type, head, statement, handle);
        if (missing == null) {
            return head;
        }
        int length = head.getUnsignedMediumLE(head.readerIndex());
        return stream.recut(withTypes(head, flagIndex(head, statement), missing), length, missing.length);
    }

    private static int flagIndex(ByteBuf packet, PreparedStatement statement) {
        return packet.readerIndex() + BITMAP_INDEX + (statement.parameters() + 7) / 8;
    }

    /** Puts the backend's id into a packet; the types that this backend has to be told with it, null if none. */
    private static byte @Nullable [] missingTypes(
            CommandType type, ByteBuf packet, PreparedStatement statement, Handle handle) {
        int start = packet.readerIndex();
        packet.setIntLE(start + ID_INDEX, handle.serverId());
        if (type != CommandType.COM_STMT_EXECUTE || statement.parameters() == 0) {
            return null;
        }
        int flagIndex = flagIndex(packet, statement);
        if (flagIndex >= packet.writerIndex()) {
            return null;
        }
        if (packet.getByte(flagIndex) == 1) {
            byte[] bound = typesIn(packet, statement);
            if (bound != null) {
                statement.types(bound);
                handle.typesBoundBy(statement);
            }
            return null;
        }
        byte[] types = statement.types();
        if (types == null || handle.typesBoundBy() == statement) {
            return null;
        }
        handle.typesBoundBy(statement);
        return types;
    }

    /** A copy with the types in it; its header is that of the original. */
    private static ByteBuf withTypes(ByteBuf packet, int flagIndex, byte[] types) {
        ByteBuf out = packet.alloc().buffer(packet.readableBytes() + types.length);
        int start = packet.readerIndex();
        out.writeBytes(packet, start, flagIndex - start);
        out.writeByte(1);
        out.writeBytes(types);
        out.writeBytes(packet, flagIndex + 1, packet.writerIndex() - flagIndex - 1);
        packet.release();
        return out;
    }
}
