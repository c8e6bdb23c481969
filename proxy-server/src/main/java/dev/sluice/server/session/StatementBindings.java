package dev.sluice.server.session;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.ServerStatus;
import dev.sluice.router.session.PinReason;
import dev.sluice.router.session.Slot;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.StatementHandles.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Which prepared statements are tied to a connection, because a cursor is open there or parameters have been sent in
 * advance, and the pins that follow. Confined to the session's event loop.
 */
final class StatementBindings {
    private final SessionParts parts;
    /** Whether a statement may be tied; if not, there is none to be looked for. */
    private boolean anyBound;

    StatementBindings(SessionParts parts) {
        this.parts = parts;
    }

    /** Takes the cursor flags of an answer about a prepared statement. */
    void executed(
            Slot slot,
            BackendConnection target,
            CommandType type,
            @Nullable PreparedStatement statement,
            ClientResponse response) {
        if (statement == null || type == CommandType.COM_STMT_PREPARE) {
            return;
        }
        int status = response.lastStatus();
        boolean open = !response.isError()
                && (status & ServerStatus.SERVER_STATUS_CURSOR_EXISTS) != 0
                && (status & ServerStatus.SERVER_STATUS_LAST_ROW_SENT) == 0;
        boolean fetchFailed = response.isError() && type == CommandType.COM_STMT_FETCH;
        if (open) {
            bind(slot, target, statement, PinReason.CURSOR);
        } else if (statement.boundTo() == target && !fetchFailed) {
            unbind(statement);
        }
        repin(slot);
    }

    void longDataSent(Slot slot, BackendConnection target, @Nullable PreparedStatement statement) {
        if (statement != null) {
            bind(slot, target, statement, PinReason.LONG_DATA);
            repin(slot);
        }
    }

    private void bind(Slot slot, BackendConnection target, PreparedStatement statement, PinReason reason) {
        statement.bind(target, slot, reason);
        anyBound = true;
        Handle handle = target.statements().find(statement.text());
        if (handle != null) {
            handle.exclusiveTo(statement);
        }
    }

    /** A statement no longer has a cursor or parameters on a connection. */
    void unbind(PreparedStatement statement) {
        BackendConnection target = statement.boundTo();
        Slot slot = statement.boundSlot();
        statement.unbind();
        if (target == null || slot == null) {
            return;
        }
        Handle handle = target.statements().find(statement.text());
        if (handle != null) {
            handle.exclusiveTo(null);
        }
        repin(slot);
    }

    private void repin(Slot slot) {
        boolean cursor = false;
        boolean longData = false;
        if (anyBound) {
            anyBound = false;
            for (PreparedStatement statement : parts.statements().all()) {
                anyBound |= statement.boundTo() != null;
                if (statement.boundSlot() == slot) {
                    cursor |= statement.boundBy() == PinReason.CURSOR;
                    longData |= statement.boundBy() == PinReason.LONG_DATA;
                }
            }
        }
        parts.state().pin(slot, PinReason.CURSOR, cursor);
        parts.state().pin(slot, PinReason.LONG_DATA, longData);
    }

    /** A connection has ended: nothing is tied to it any more. */
    void connectionGone(BackendConnection closed) {
        for (PreparedStatement statement : parts.statements().all()) {
            if (statement.boundTo() == closed) {
                statement.unbind();
            }
        }
    }
}
