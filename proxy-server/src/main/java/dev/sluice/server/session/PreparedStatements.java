package dev.sluice.server.session;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.packet.QueryAttributes;
import dev.sluice.protocol.response.ResponseScanner;
import dev.sluice.router.session.SessionState;
import dev.sluice.router.session.StateVector;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.Traits;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.PendingResponse;
import dev.sluice.server.backend.StatementHandles.Handle;
import dev.sluice.server.backend.StatementHandles.Text;
import dev.sluice.server.session.PreparedStatement.Reading;
import io.netty.buffer.ByteBuf;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The prepared statements of one session by the ids that the client knows, and the changes that their packets need on the
 * way to a backend. Confined to the session's event loop.
 *
 * @see <a href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_execute.html">COM_STMT_EXECUTE</a>
 */
final class PreparedStatements {
    private static final int ID_INDEX = Packets.HEADER_LENGTH + 1;
    private static final int FLAGS_INDEX = ID_INDEX + 4;
    /** Behind the id: flags (1) and iteration count (4), then the NULL bitmap. */
    private static final int BITMAP_INDEX = ID_INDEX + 9;
    /** Of clients that may send attributes: the number of values stands in front of the bitmap, and each has a name. */
    private static final int PARAMETER_COUNT_AVAILABLE = 8;

    private static final int CURSOR_TYPE_READ_ONLY = 1;

    private static final int NOWHERE = Integer.MAX_VALUE;

    private final IntObjectMap<PreparedStatement> statements = new IntObjectHashMap<>();
    private final SessionState state;
    private final boolean attributed;
    private final StatementTexts texts;
    private int lastId;
    /** What these statements take of the bound of one client. */
    private long bytes;

    private StatementTexts.@Nullable Text preparing;
    private boolean preparingLarge;
    private @Nullable PrepareCommand sending;

    /** @param attributed whether the client's executions may carry attributes */
    PreparedStatements(SessionState state, boolean attributed, StatementTexts texts) {
        this.state = state;
        this.attributed = attributed;
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

    /** Sends a COM_STMT_PREPARE of what is being prepared. */
    void sendPreparing(BackendConnection target, ClientResponse response) {
        StatementTexts.Text text = preparing;
        if (text == null) {
            throw new IllegalStateException("no statement is being prepared");
        }
        send(target, text.sql(), response, response::commandEnded);
    }

    /**
     * Sends a COM_STMT_PREPARE.
     *
     * @param whenSent told the number of packets; until then the id of the answer's first packet is not known
     */
    void send(BackendConnection target, byte[] sql, PendingResponse response, IntConsumer whenSent) {
        PrepareCommand command = new PrepareCommand(target, sql, response, whenSent);
        sending = command;
        command.send();
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
        // Nobody else's handle will do for what was prepared in a state that may not have been reported.
        Text text = new Text(sql.digest(), reading, SchemaQuestion.mayBeSilent(state) ? id : 0);
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
        Reading read = new Reading(state.lexicalMode(), classification);
        statements.put(id, new PreparedStatement(id, text, sql, read, scanner.parameterCount()));
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
     *
     * @param deciding the settings on which that depends, too
     */
    void noteFirstTypes(
            ByteBuf packet, PreparedStatement statement, BackendConnection connection, StateVector deciding) {
        if (statement.isExecuted() || statement.parameters() == 0) {
            return;
        }
        byte[] types = typesIn(packet, statement);
        if (types == null) {
            return;
        }
        Text before = statement.text();
        Handle unexecuted = connection.statements().find(before);
        statement.firstTypes(types, deciding);
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
    private byte @Nullable [] typesIn(ByteBuf packet, PreparedStatement statement) {
        int flagIndex = flagIndex(packet, statement);
        if (flagIndex >= packet.writerIndex() || packet.getByte(flagIndex) != 1) {
            return null;
        }
        byte[] types = new byte[2 * statement.parameters()];
        int index = flagIndex + 1;
        for (int i = 0; i < types.length; i += 2) {
            if (index == QueryAttributes.MALFORMED || index + 2 > packet.writerIndex()) {
                return null;
            }
            packet.getBytes(index, types, i, 2);
            index = behindType(packet, index);
        }
        return types;
    }

    /** Whether a COM_STMT_EXECUTE carries these types, which is what most do that carry any. */
    private boolean binds(ByteBuf packet, int flagIndex, byte[] types) {
        int index = flagIndex + 1;
        for (int i = 0; i < types.length; i += 2) {
            boolean same = index != QueryAttributes.MALFORMED
                    && index + 2 <= packet.writerIndex()
                    && packet.getByte(index) == types[i]
                    && packet.getByte(index + 1) == types[i + 1];
            if (!same) {
                return false;
            }
            index = behindType(packet, index);
        }
        return true;
    }

    private int behindType(ByteBuf packet, int index) {
        return attributed ? QueryAttributes.skipString(packet, index + 2, packet.writerIndex()) : index + 2;
    }

    /** Where a COM_STMT_EXECUTE says whether types follow; {@link #NOWHERE} if it gives not even the parameters. */
    private int flagIndex(ByteBuf packet, PreparedStatement statement) {
        int bitmap = packet.readerIndex() + BITMAP_INDEX;
        int values = statement.parameters();
        if (attributed) {
            int behind = bitmapIndex(packet);
            values = behind == NOWHERE ? 0 : (int) QueryAttributes.lenenc(packet, bitmap);
            if (behind == NOWHERE || values < statement.parameters()) {
                return NOWHERE;
            }
            bitmap = behind;
        }
        return bitmap + (values + 7) / 8;
    }

    /** Where the bitmap of a COM_STMT_EXECUTE begins whose values may be counted; without their number there is none. */
    private static int bitmapIndex(ByteBuf packet) {
        int count = packet.readerIndex() + BITMAP_INDEX;
        boolean counted = count < packet.writerIndex()
                && (packet.getByte(packet.readerIndex() + FLAGS_INDEX) & PARAMETER_COUNT_AVAILABLE) != 0;
        int behind =
                counted ? QueryAttributes.skipLenenc(packet, count, packet.writerIndex()) : QueryAttributes.MALFORMED;
        return behind == QueryAttributes.MALFORMED ? NOWHERE : behind;
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
        int before = head.readableBytes();
        ByteBuf longer = withTypes(head, flagIndex(head, statement), missing);
        return stream.recut(longer, length, longer.readableBytes() - before);
    }

    /** Whether a COM_STMT_EXECUTE asks for a cursor. */
    static boolean asksForCursor(ByteBuf packet) {
        return packet.readableBytes() > FLAGS_INDEX
                && (packet.getByte(packet.readerIndex() + FLAGS_INDEX) & CURSOR_TYPE_READ_ONLY) != 0;
    }

    /** Puts the backend's id into a packet; the types that this backend has to be told with it, null if none. */
    @SuppressWarnings("ReferenceEquality") // the array is that of the execution which has bound it
    private byte @Nullable [] missingTypes(
            CommandType type, ByteBuf packet, PreparedStatement statement, Handle handle) {
        int start = packet.readerIndex();
        packet.setIntLE(start + ID_INDEX, handle.serverId());
        if (type == CommandType.COM_STMT_EXECUTE && asksForCursor(packet)) {
            handle.cursorAsked();
        }
        if (type != CommandType.COM_STMT_EXECUTE || statement.parameters() == 0) {
            return null;
        }
        int flagIndex = flagIndex(packet, statement);
        if (flagIndex >= packet.writerIndex()) {
            return null;
        }
        byte[] types = statement.types();
        if (packet.getByte(flagIndex) == 1) {
            byte[] bound = types != null && binds(packet, flagIndex, types) ? types : typesIn(packet, statement);
            if (bound != null) {
                handle.boundTypes(statement.bound(bound));
            }
            return null;
        }
        if (types == null || handle.boundTypes() == types) {
            return null;
        }
        handle.boundTypes(types);
        return types;
    }

    /** A copy with the types in it; its header is that of the original. */
    private ByteBuf withTypes(ByteBuf packet, int flagIndex, byte[] types) {
        ByteBuf out = packet.alloc().buffer(packet.readableBytes() + 2 * types.length);
        int start = packet.readerIndex();
        out.writeBytes(packet, start, flagIndex - start);
        out.writeByte(1);
        for (int i = 0; i < types.length; i += 2) {
            out.writeBytes(types, i, 2);
            if (attributed) {
                // Parameters have empty names.
                out.writeByte(0);
            }
        }
        out.writeBytes(packet, flagIndex + 1, packet.writerIndex() - flagIndex - 1);
        packet.release();
        return out;
    }

    /**
     * A COM_STMT_EXECUTE as it is for a server without CLIENT_QUERY_ATTRIBUTES: without names, and without attributes but
     * for their values, which stand behind all that such a server reads. Takes the reference and gives one.
     */
    ByteBuf withoutAttributes(ByteBuf packet, @Nullable PreparedStatement statement) {
        if (packet.readableBytes() <= FLAGS_INDEX) {
            return packet;
        }
        int parameters = statement == null ? 0 : statement.parameters();
        int start = packet.readerIndex();
        ByteBuf out = packet.alloc().buffer(packet.readableBytes());
        out.writeBytes(packet, start, Math.min(packet.readableBytes(), BITMAP_INDEX));
        out.setByte(FLAGS_INDEX, packet.getByte(start + FLAGS_INDEX) & ~PARAMETER_COUNT_AVAILABLE);
        int flagIndex = statement == null || parameters == 0 ? NOWHERE : flagIndex(packet, statement);
        if (flagIndex < packet.writerIndex()) {
            out.writeBytes(packet, bitmapIndex(packet), (parameters + 7) / 8);
            int values = (int) QueryAttributes.lenenc(packet, start + BITMAP_INDEX);
            writeTypesAndValues(packet, flagIndex, parameters, values, out);
        }
        out.setMediumLE(0, out.readableBytes() - Packets.HEADER_LENGTH);
        packet.release();
        return out;
    }

    private void writeTypesAndValues(ByteBuf packet, int flagIndex, int parameters, int values, ByteBuf out) {
        out.writeByte(packet.getByte(flagIndex));
        int index = flagIndex + 1;
        if (packet.getByte(flagIndex) == 1) {
            for (int i = 0; i < values; i++) {
                if (index == QueryAttributes.MALFORMED || index + 2 > packet.writerIndex()) {
                    return;
                }
                if (i < parameters) {
                    out.writeBytes(packet, index, 2);
                }
                index = behindType(packet, index);
            }
        }
        if (index != QueryAttributes.MALFORMED) {
            out.writeBytes(packet, index, packet.writerIndex() - index);
        }
    }
}
