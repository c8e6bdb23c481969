package dev.sluice.server.session;

import dev.sluice.protocol.response.ControlPackets;
import dev.sluice.protocol.response.ResponseScanner;
import dev.sluice.protocol.response.SessionTrackSelection;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.Traits;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.BackendConnection.Trackers;
import dev.sluice.server.backend.PendingResponse;
import io.netty.buffer.ByteBuf;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the client has switched on of session tracking, as opposed to what Sluice has: every connection has Sluice's
 * switches but while a statement runs that only shows them, or sets them in a way that can be followed. After any other
 * statement about them a connection keeps the client's until it is closed. Confined to the session's event loop.
 */
final class ClientTrackers {
    /**
     * The switches, in the order in which they are set. That of GTIDs stays Sluice's: switched off and on again it was seen
     * to crash MySQL 8.0.31 at the next commit.
     */
    static final List<String> NAMES = List.of(
            "session_track_system_variables",
            "session_track_schema",
            "session_track_state_change",
            "session_track_transaction_info");

    private final Map<String, String> set = new LinkedHashMap<>();
    private SessionTrackSelection selection = SessionTrackSelection.DEFAULT;
    private @Nullable BackendConnection on;
    private long onLease;
    /** On that connection the client has switched the tracking of GTIDs by itself. */
    private boolean gtids;

    /** The session is new again: every switch is at the server's default. */
    void reset() {
        set.clear();
        selection = SessionTrackSelection.DEFAULT;
        on = null;
        gtids = false;
    }

    /** The server says what a switch is that the client may have set. */
    void learned(String name, String value) {
        set.put(name, value);
        selection = SessionTrackSelection.of(set);
    }

    /** Whether the connection has the client's switches right now. */
    boolean areOn(BackendConnection connection) {
        return connection == on
                && onLease == connection.leases()
                && (connection.trackers() == Trackers.CLIENTS || own(connection));
    }

    /** Whether the connection has them for good. */
    boolean own(BackendConnection connection) {
        return connection == on && connection.trackers() == Trackers.CLIENTS_FOR_GOOD;
    }

    /** The connection, which has the client's switches, keeps them until this session is done with it, and is closed then. */
    void keep(BackendConnection connection) {
        connection.trackers(Trackers.CLIENTS_FOR_GOOD);
        connection.retireAfterUse();
    }

    /** A statement runs on a connection that has the client's switches for good. */
    void runs(Classification statement) {
        gtids |= statement.has(Traits.SETS_GTID_TRACKER);
    }

    /**
     * Writes the command that gives the connection the client's switches; Sluice's come back in front of the next command.
     *
     * @return how many answers will come
     */
    int bringTo(BackendConnection connection, PendingResponse response) {
        connection.send(connection.query(assignments()), response);
        connection.trackers(Trackers.CLIENTS);
        on = connection;
        gtids = false;
        onLease = connection.leases();
        return 1;
    }

    private String assignments() {
        StringBuilder text = new StringBuilder("SET ");
        for (String name : NAMES) {
            String value = set.get(name);
            text.append(text.length() > 4 ? ",SESSION " : "SESSION ")
                    .append(name)
                    .append('=')
                    .append(value == null ? "DEFAULT" : "'" + value.replace("'", "''") + "'");
        }
        return text.toString();
    }

    /** Whether all that a connection with the client's switches reports is what the client has asked for. */
    boolean wantsAll() {
        return gtids;
    }

    /**
     * Writes an OK packet with what the client wants of its session state.
     *
     * @param selected whether the server has the client's switches
     */
    void writeOk(ByteBuf out, ByteBuf in, ResponseScanner scanner, boolean selected) {
        SessionTrackSelection counts = selected ? SessionTrackSelection.ALL_BUT_GTIDS : selection;
        ByteBuf wanted = in.alloc().buffer(scanner.sessionStateLength());
        try {
            counts.copy(in, scanner.sessionStateIndex(), scanner.sessionStateLength(), wanted);
            ControlPackets.writeOkWithSessionState(out, in, scanner.packetStart(), scanner.packetLength(), wanted);
        } finally {
            wanted.release();
        }
    }
}
