package dev.sluice.server.backend;

import dev.sluice.protocol.Capabilities;
import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.ProtocolException;
import dev.sluice.protocol.packet.QueryAttributes;
import dev.sluice.protocol.response.ResponseScanner;
import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.router.session.StateVector;
import dev.sluice.server.backend.BackendFailure.Kind;
import dev.sluice.server.compression.BackendCompression;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One authenticated protocol connection to a backend. Confined to the session's event loop: the channel is registered
 * on the loop of every session that may borrow it.
 *
 * <pre>
 * login OK ──► IDLE (LoopPool) ──acquire──► LEASED (a session) ──release──► IDLE
 *                  ▲                             │ release with reset
 *                  └────── reset answered ◄── RESETTING
 * any ──failure, max age, idle time, unsolicited bytes──► CLOSED
 * </pre>
 */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive at exceptionCaught or channelInactive
public final class BackendConnection {
    private static final Logger LOGGER = LoggerFactory.getLogger(BackendConnection.class);
    private static final int CUMULATION_BYTES = 1024;
    private static final int CLOSE_BYTES = Packets.HEADER_LENGTH + 5;
    /** No account ever has this generation. */
    private static final int RETIRED = -1;

    /** Whose switches of session tracking a connection has. */
    public enum Trackers {
        /** The server's defaults: after the login and after each reset. */
        OFF,
        /** Sluice's. */
        ON,
        /** The client's, but for that of GTIDs; Sluice's come back in front of the next command. */
        CLIENTS,
        /** The client's until the connection is closed: what it has changed is not known. */
        CLIENTS_FOR_GOOD
    }

    /** The one who holds the lease, as the connection sees it. */
    public interface Owner {
        /** The bytes of this read have been consumed: flush what was relayed. */
        void backendReadComplete();

        /** The connection can take more bytes, or no longer can. */
        void backendWritabilityChanged(BackendConnection connection);

        /** The connection ended while leased; pending responses have been told already. */
        void backendClosed(BackendConnection connection, BackendFailure failure);

        /** Others wait for the connection: whoever keeps it for its last statement's warnings alone gives it back. */
        void backendWanted(BackendConnection connection);

        /** The backend has stopped answering: what can be asked elsewhere is. */
        void backendSilent(BackendConnection connection);
    }

    /** Someone whose last statement ran here and whose LAST_INSERT_ID() still lives here. */
    public interface InsertIdHolder {
        /** The connection is about to be closed: asks it for the value, and calls {@code then} with the answer. */
        void capture(BackendConnection connection, Runnable then);
    }

    private final Channel channel;
    private final PoolKey key;
    private final long threadId;
    private final long createdNanos;
    private final ResponseScanner scanner = new ResponseScanner();
    private final ArrayDeque<PendingResponse> expected = new ArrayDeque<>(4);
    private final StatementHandles statements;

    private int capabilities;
    private @Nullable BackendCompression compression;
    private @Nullable ByteBuf cumulation;
    private StateVector vector;
    private Trackers trackers = Trackers.OFF;
    private boolean closed;
    private boolean closedByUs;
    private long idleSinceNanos;
    private long leases;
    private long resetLease = -1;
    private boolean resetWanted;
    private int generation;
    private @Nullable Owner owner;
    private @Nullable InsertIdHolder insertIdHolder;
    /** What is to be done with the connection when no other session waits for an answer. */
    private @Nullable Runnable whenUnasked;
    /** Whether something was written and not flushed. */
    private boolean unflushed;

    private int lastWarnings;
    private boolean conditionsLeft;

    @Nullable
    Runnable onClose;

    BackendConnection(Channel channel, PoolKey key, long threadId, StateVector vector, long nowNanos) {
        this.channel = channel;
        this.key = key;
        this.threadId = threadId;
        this.vector = vector;
        this.createdNanos = nowNanos;
        this.idleSinceNanos = nowNanos;
        this.statements = new StatementHandles();
    }

    /** What both sides have agreed on. */
    void capabilities(int agreed) {
        capabilities = agreed;
    }

    /** Whether the server expects attributes in front of each query and behind each execution. */
    public boolean takesQueryAttributes() {
        return (capabilities & Capabilities.CLIENT_QUERY_ATTRIBUTES) != 0;
    }

    /** Begins the payload of a COM_QUERY of Sluice's own, up to its text. */
    void beginQuery(ByteBuf out) {
        out.writeByte(CommandType.COM_QUERY.code());
        if (takesQueryAttributes()) {
            QueryAttributes.writeNone(out);
        }
    }

    /** A packet with a query of Sluice's own. */
    public ByteBuf query(String sql) {
        ByteBuf out = channel.alloc().buffer();
        int header = Packets.begin(out, 0);
        beginQuery(out);
        out.writeCharSequence(sql, StandardCharsets.UTF_8);
        Packets.end(out, header);
        return out;
    }

    /** The connection speaks the compressed protocol. */
    void compressedBy(BackendCompression handler) {
        compression = handler;
    }

    /** What this connection is interchangeable with. */
    public PoolKey key() {
        return key;
    }

    /** The server's id of this connection, as SHOW PROCESSLIST prints it there. */
    public long threadId() {
        return threadId;
    }

    /** The channel; for back-pressure only. */
    public Channel channel() {
        return channel;
    }

    /** The state that the connection is in, or will be in once everything written has run. */
    public StateVector vector() {
        return vector;
    }

    /** Sets the state after a change that the server has reported or that was written. */
    public void vector(StateVector newVector) {
        vector = newVector;
    }

    /** Whether the switches of session tracking are as the next command needs them. */
    public boolean trackersOn() {
        return trackers == Trackers.ON || trackers == Trackers.CLIENTS_FOR_GOOD;
    }

    /** Whose switches of session tracking the connection has. */
    public Trackers trackers() {
        return trackers;
    }

    /** The switches of session tracking have changed hands, or will have once everything written has run. */
    public void trackers(Trackers whose) {
        trackers = whose;
    }

    /** The statements prepared on this connection. */
    public StatementHandles statements() {
        return statements;
    }

    /** Closes a statement here, if it is prepared. */
    public void closeStatement(StatementHandles.Text text) {
        StatementHandles.Handle handle = statements.remove(text);
        if (handle != null) {
            sendClose(handle);
            flush();
        }
    }

    /** Writes a COM_STMT_CLOSE, which has no answer, without flushing. */
    void sendClose(StatementHandles.Handle handle) {
        ByteBuf out = channel.alloc().buffer(CLOSE_BYTES);
        int header = Packets.begin(out, 0);
        out.writeByte(CommandType.COM_STMT_CLOSE.code());
        out.writeIntLE(handle.serverId());
        Packets.end(out, header);
        sendBytes(out);
    }

    /** A reset has been written. */
    void reset() {
        resetLease = leases;
        resetWanted = false;
    }

    /** Whether it has been reset since it was leased. */
    public boolean isAsReset() {
        return resetLease == leases;
    }

    /** What is written next has to begin with a reset. */
    public void wantReset() {
        resetWanted = true;
    }

    boolean wantsReset() {
        return resetWanted;
    }

    /** Counts the leases: the same number means that nobody else used the connection in between. */
    public long leases() {
        return leases;
    }

    /** The warning count of the last response. */
    public int lastWarnings() {
        return lastWarnings;
    }

    /** Notes the warning count of a response. */
    public void lastWarnings(int warnings) {
        lastWarnings = warnings;
    }

    /** Whether warnings or an error of some statement may still be there. */
    public boolean hasConditionsLeft() {
        return conditionsLeft;
    }

    /** Notes that a statement has left warnings or an error, or that they have gone. */
    public void conditionsLeft(boolean left) {
        conditionsLeft = left;
    }

    /** The session whose LAST_INSERT_ID() lives on this connection, or null. */
    public @Nullable InsertIdHolder insertIdHolder() {
        return insertIdHolder;
    }

    /** Names the session whose LAST_INSERT_ID() lives on this connection. */
    public void insertIdHolder(@Nullable InsertIdHolder holder) {
        insertIdHolder = holder;
    }

    /** Whether the connection has ended. */
    public boolean isClosed() {
        return closed;
    }

    /** Whether every response has arrived. */
    public boolean isQuiet() {
        return expected.isEmpty();
    }

    /** Whoever has it now is the last: when it comes back it is closed. */
    public void retireAfterUse() {
        generation = RETIRED;
    }

    int generation() {
        return generation;
    }

    void generation(int accountGeneration) {
        generation = accountGeneration;
    }

    /** When it was made, on the session's clock. */
    public long createdNanos() {
        return createdNanos;
    }

    long idleSinceNanos() {
        return idleSinceNanos;
    }

    void leaseTo(Owner newOwner) {
        owner = newOwner;
        leases++;
        // A slow client may have paused it when it was lent before.
        if (!channel.config().isAutoRead()) {
            channel.config().setAutoRead(true);
        }
    }

    @Nullable
    Owner owner() {
        return owner;
    }

    void returned(long nowNanos) {
        owner = null;
        idleSinceNanos = nowNanos;
    }

    /** Writes a command without flushing, and queues the receiver of its response. Takes the reference to the buffer. */
    public void send(ByteBuf command, PendingResponse response) {
        expect(response);
        sendBytes(command);
    }

    /** Writes more bytes of a command, or a command that has no response, without flushing. Takes the reference. */
    public void sendBytes(ByteBuf bytes) {
        unflushed = true;
        channel.write(bytes, channel.voidPromise());
    }

    /** The server has asked for a file: what {@link #sendBytes} sends until {@link #fileEnds} are its packets. */
    public void fileBegins() {
        if (compression != null) {
            compression.fileBegins();
        }
    }

    /** The last packet of the file has been written. */
    public void fileEnds() {
        if (compression != null) {
            compression.fileEnds();
        }
    }

    /** Queues the receiver of a response whose command has been or is being written. */
    public void expect(PendingResponse response) {
        if (expected.isEmpty()) {
            scan(response);
        }
        expected.add(response);
    }

    private void scan(PendingResponse response) {
        scanner.begin(response.shape(), response.deprecatesEof(), response.firstSequenceId());
        if (response.offersFile()) {
            scanner.offerFile();
        }
        if (compression != null) {
            scanner.renumber();
        }
        if ((capabilities & Capabilities.CLIENT_OPTIONAL_RESULTSET_METADATA) != 0) {
            scanner.metadataIsOptional();
        }
    }

    /** The command of this response has ended, so that the number of its packets is known. */
    public void commandEnded(PendingResponse response) {
        if (compression != null && expected.peek() == response && scanner.isUntouched()) {
            scan(response);
        }
    }

    /** The command that was sent last had so many packets more when the client sent it; its response has not begun. */
    public void shiftSequenceIds(int packets) {
        scanner.shiftSequenceIds(packets);
    }

    /** Sends what was written, if anything was. */
    public void flush() {
        if (unflushed) {
            unflushed = false;
            channel.flush();
        }
    }

    /** Consumes bytes from the server. Takes the reference. */
    void received(ByteBuf bytes) {
        ByteBuf in = cumulated(bytes);
        boolean passedOn = false;
        try {
            while (!passedOn && in.isReadable() && !closed) {
                PendingResponse response = expected.peek();
                if (response == null) {
                    fail(unsolicited(in));
                    return;
                }
                passedOn = response.consume(scanner, in);
                if (!scanner.isComplete()) {
                    break;
                }
                finish(response);
            }
        } catch (ProtocolException e) {
            fail(BackendFailure.of(Kind.BROKEN, "the backend broke the protocol: " + e.getMessage()));
        } finally {
            if (!passedOn) {
                keepRest(in);
            }
        }
    }

    private void finish(PendingResponse response) {
        expected.poll();
        lastWarnings = scanner.warnings();
        PendingResponse next = expected.peek();
        if (next != null) {
            scan(next);
        }
        response.completed();
        Runnable then = whenUnasked;
        if (then != null && !isAsked()) {
            whenUnasked = null;
            then.run();
        }
    }

    private ByteBuf cumulated(ByteBuf bytes) {
        ByteBuf kept = cumulation;
        if (kept == null) {
            return bytes;
        }
        cumulation = null;
        kept.discardReadBytes();
        kept.writeBytes(bytes);
        bytes.release();
        return kept;
    }

    /** Keeps the few bytes of an incomplete header or control packet; rows never stay here. */
    private void keepRest(ByteBuf in) {
        if (in.isReadable() && !closed) {
            ByteBuf rest = channel.alloc().buffer(Math.max(CUMULATION_BYTES, in.readableBytes()));
            rest.writeBytes(in);
            cumulation = rest;
        }
        in.release();
    }

    private static BackendFailure unsolicited(ByteBuf in) {
        boolean error = in.readableBytes() > 4 && in.getUnsignedByte(in.readerIndex() + 4) == 0xFF;
        return BackendFailure.of(
                Kind.BROKEN,
                error ? "the backend ended the idle connection" : "the backend sent bytes nobody asked for");
    }

    void readComplete() {
        if (owner != null) {
            owner.backendReadComplete();
        }
    }

    void writabilityChanged() {
        if (owner != null) {
            owner.backendWritabilityChanged(this);
        }
    }

    /** Ends the connection: whoever waits for a response is told, then the pool, then the owner. Idempotent. */
    public void fail(BackendFailure failure) {
        if (closed) {
            return;
        }
        closed = true;
        LOGGER.debug("backend connection ended: {}", failure.message());
        PendingResponse current = expected.peek();
        if (current != null && current.shape() == ResponseShape.BINLOG) {
            LingeringClose.cut(channel);
        } else {
            LingeringClose.begin(channel, current == null && cumulation == null);
        }
        ByteBuf kept = cumulation;
        cumulation = null;
        if (kept != null) {
            kept.release();
        }
        // An insert id that lived here is lost with the connection; its holder tells the client.
        insertIdHolder = null;
        whenUnasked = null;
        statements.clear();
        for (PendingResponse response = expected.poll(); response != null; response = expected.poll()) {
            response.failed(failure);
        }
        Owner last = owner;
        owner = null;
        if (onClose != null) {
            onClose.run();
        }
        if (last != null) {
            last.backendClosed(this, failure);
        }
    }

    /** Whether another session than the one that has the connection waits for an answer. */
    boolean isAsked() {
        if (expected.isEmpty()) {
            // Asked after each statement, and even the iterator of nothing is an object.
            return false;
        }
        for (PendingResponse response : expected) {
            if (response.isForAnother()) {
                return true;
            }
        }
        return false;
    }

    /**
     * Nobody has the connection any more; {@code then} says what becomes of it when the other session has its answer. A server
     * that does not answer in {@link LingeringClose#BUSY_MAX} is given up.
     */
    void whenUnasked(Runnable then) {
        leaseTo(IgnoringOwner.INSTANCE);
        whenUnasked = then;
        Runnable tooLate = () -> {
            if (whenUnasked == then) {
                close();
            }
        };
        channel.eventLoop().schedule(tooLate, LingeringClose.BUSY_MAX.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Ends a connection whose session has gone, at once or when another session has the answer that it waits for. */
    public void abandon() {
        if (isAsked()) {
            whenUnasked(this::close);
        } else {
            close();
        }
    }

    /** Asks for the LAST_INSERT_ID() that lives here, if any does: what is sent next ends it. Nothing is flushed. */
    void captureInsertId() {
        InsertIdHolder holder = insertIdHolder;
        if (holder != null) {
            holder.capture(this, () -> {});
        }
    }

    /** Ends an idle connection that nobody needs any more, after its last LAST_INSERT_ID() has been asked for. */
    void retire() {
        if (isAsked()) {
            whenUnasked(this::retire);
            return;
        }
        InsertIdHolder holder = insertIdHolder;
        if (holder == null || closed || !isQuiet()) {
            close();
            return;
        }
        leaseTo(IgnoringOwner.INSTANCE);
        holder.capture(this, this::close);
        flush();
    }

    /** Whether Sluice has ended it, not the server. */
    boolean isClosedByUs() {
        return closedByUs;
    }

    /** Ends a connection at once. */
    public void close() {
        closedByUs = true;
        fail(BackendFailure.of(Kind.BROKEN, "closed by the pool"));
    }

    @Override
    public String toString() {
        return "backend connection " + threadId + " of " + key.user() + " to backend " + key.backendOrdinal();
    }
}
