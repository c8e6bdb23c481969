package dev.sluice.server.session;

import dev.sluice.protocol.Packets;
import dev.sluice.protocol.response.ControlPackets;
import dev.sluice.protocol.response.ResponseScanner;
import dev.sluice.protocol.response.SessionTrackSelection;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.PendingResponse;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the client has switched on of session tracking, as opposed to what Sluice has: every connection has Sluice's
 * switches but while a statement runs that shows or sets them. Confined to the session's event loop.
 */
final class ClientTrackers {
    private static final String GTIDS = "session_track_gtids";

    /** The switches, in the order in which they are set. */
    static final List<String> NAMES = List.of(
            "session_track_system_variables",
            "session_track_schema",
            "session_track_state_change",
            "session_track_transaction_info",
            GTIDS);

    private final Map<String, String> set = new LinkedHashMap<>();
    private SessionTrackSelection selection = SessionTrackSelection.DEFAULT;
    private @Nullable BackendConnection on;
    private long onLease;

    /** The session is new again: every switch is at the server's default. */
    void reset() {
        set.clear();
        selection = SessionTrackSelection.DEFAULT;
        on = null;
    }

    /** The server says what a switch is that the client may have set. */
    void learned(String name, String value) {
        set.put(name, value);
        selection = SessionTrackSelection.of(set);
    }

    /** Whether the connection has the client's switches right now. */
    boolean areOn(BackendConnection connection) {
        return connection == on && onLease == connection.leases() && !connection.trackersOn();
    }

    /**
     * Writes the command that gives the connection the client's switches; Sluice's come back in front of the next command.
     *
     * @return how many answers will come
     */
    int bringTo(BackendConnection connection, boolean mariaDb, PendingResponse response) {
        ByteBuf out = connection.channel().alloc().buffer();
        int header = Packets.begin(out, 0);
        connection.beginQuery(out);
        out.writeCharSequence(assignments(mariaDb), StandardCharsets.UTF_8);
        Packets.end(out, header);
        connection.send(out, response);
        connection.trackersOff();
        on = connection;
        onLease = connection.leases();
        return 1;
    }

    private String assignments(boolean mariaDb) {
        StringBuilder text = new StringBuilder("SET ");
        for (String name : NAMES) {
            String value = set.get(name);
            if (name.equals(GTIDS) && (mariaDb || value == null)) {
                // Switched off and on again it was seen to crash MySQL 8.0.31 at the next commit.
                continue;
            }
            text.append(text.length() > 4 ? ",SESSION " : "SESSION ")
                    .append(name)
                    .append('=')
                    .append(value == null ? "DEFAULT" : "'" + value.replace("'", "''") + "'");
        }
        return text.toString();
    }

    /** Writes an OK packet with what the client wants of its session state. */
    void writeOk(ByteBuf out, ByteBuf in, ResponseScanner scanner) {
        ByteBuf wanted = in.alloc().buffer(scanner.sessionStateLength());
        try {
            selection.copy(in, scanner.sessionStateIndex(), scanner.sessionStateLength(), wanted);
            ControlPackets.writeOkWithSessionState(out, in, scanner.packetStart(), scanner.packetLength(), wanted);
        } finally {
            wanted.release();
        }
    }
}
