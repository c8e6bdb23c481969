package dev.sluice.server.session;

import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.router.RouteReason;
import dev.sluice.router.session.PinReason;
import dev.sluice.router.session.Slot;
import dev.sluice.router.session.StateVector;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.LexicalMode;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.StatementHandles.Text;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A statement that the client prepared. It exists independently of any backend: each connection that runs it prepares it
 * when first needed. Confined to the session's event loop.
 */
final class PreparedStatement {
    /**
     * How a statement was read when it was prepared. Immutable.
     *
     * @param mode by which its text was cut into tokens
     * @param classification what was made of it
     */
    record Reading(LexicalMode mode, Classification classification) {}

    private final int id;
    private Text text;
    private final StatementTexts.Text sql;
    private final LexicalMode mode;
    private Classification classification;
    /** What is known of it now, for its next execution. */
    private @Nullable Classification learned;

    private boolean asked;
    private final int parameters;
    /** The types of the parameters as the client bound them last, two bytes each; null before the first execution. */
    private byte @Nullable [] types;
    /** Where a cursor is open or parameter data waits. */
    private @Nullable BackendConnection boundTo;

    private @Nullable Slot boundSlot;
    private @Nullable PinReason boundBy;
    private @Nullable ErrPacket deferredError;

    PreparedStatement(int id, Text text, StatementTexts.Text sql, Reading reading, int parameters) {
        this.id = id;
        this.text = text;
        this.sql = sql;
        this.mode = reading.mode();
        this.classification = reading.classification();
        this.parameters = parameters;
    }

    /** The id that the client knows. */
    int id() {
        return id;
    }

    /** What the handles of this statement are found by. */
    Text text() {
        return text;
    }

    /** The statement as the client sent it. */
    StatementTexts.Text sql() {
        return sql;
    }

    Classification classification() {
        return classification;
    }

    /** How its text is read: as when it was prepared. */
    LexicalMode mode() {
        return mode;
    }

    /** What an execution that begins now needs. */
    Classification executed() {
        Classification known = learned;
        if (known != null) {
            classification = known;
            learned = null;
        }
        return classification;
    }

    /** More is known of it. An execution that has begun keeps what it began with. */
    void learn(Classification known) {
        learned = known;
        asked = false;
    }

    /** Whether the parser is to be asked about it: it had no time and has not been asked again. */
    boolean ask() {
        boolean now = !asked && learned == null && classification.reason() == RouteReason.PARSER_BUSY;
        asked |= now;
        return now;
    }

    int parameters() {
        return parameters;
    }

    byte @Nullable [] types() {
        return types;
    }

    /** The client has bound these types. Returns them as they are known from now on, the same array for equal ones. */
    byte[] bound(byte[] now) {
        byte[] known = types;
        if (known == null || !Arrays.equals(known, now)) {
            known = now;
            types = now;
        }
        return known;
    }

    @Nullable
    BackendConnection boundTo() {
        return boundTo;
    }

    @Nullable
    Slot boundSlot() {
        return boundSlot;
    }

    /** {@link PinReason#CURSOR} or {@link PinReason#LONG_DATA}; null when nothing ties the statement. */
    @Nullable
    PinReason boundBy() {
        return boundBy;
    }

    void bind(BackendConnection connection, Slot slot, PinReason reason) {
        boundTo = connection;
        boundSlot = slot;
        boundBy = reason;
    }

    void unbind() {
        boundTo = null;
        boundSlot = null;
        boundBy = null;
    }

    /** Keeps this statement's handles apart from those of equal statements. */
    void separate() {
        text = text.copy(id);
    }

    /** Whether it has been executed, so that its parameters have types. */
    boolean isExecuted() {
        return types != null;
    }

    /** It is executed for the first time, with these types. */
    void firstTypes(byte[] first, StateVector deciding) {
        types = first;
        text = text.executedWith(first, deciding);
    }

    /** Why parameter data could not be delivered; reported by the execution, as COM_STMT_SEND_LONG_DATA has no answer. */
    @Nullable
    ErrPacket takeDeferredError() {
        ErrPacket error = deferredError;
        deferredError = null;
        return error;
    }

    void deferError(ErrPacket error) {
        deferredError = error;
    }
}
