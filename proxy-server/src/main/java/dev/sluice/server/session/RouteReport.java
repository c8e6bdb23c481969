package dev.sluice.server.session;

import dev.sluice.protocol.Packets;
import dev.sluice.router.session.PinReason;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.Topology;
import dev.sluice.server.frontend.TextResultSet;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The answer to {@code SHOW SLUICE ROUTE}: where the last statement of the session ran, and why. No server knows the
 * statement, so no application can mean anything else by it. Functions only.
 */
final class RouteReport {
    private static final byte[] STATEMENT = "SHOW SLUICE ROUTE".getBytes(StandardCharsets.US_ASCII);
    private static final int TO_UPPER_CASE = 0xDF;

    private RouteReport() {}

    /** Whether a COM_QUERY packet is the statement, in any case. */
    static boolean isAskedBy(ByteBuf packet) {
        int start = packet.readerIndex() + Packets.HEADER_LENGTH + 1;
        while (start < packet.writerIndex() && packet.getByte(start) == ' ') {
            start++;
        }
        if (packet.writerIndex() - start != STATEMENT.length) {
            return false;
        }
        for (int i = 0; i < STATEMENT.length; i++) {
            int mask = STATEMENT[i] == ' ' ? 0xFF : TO_UPPER_CASE;
            if ((packet.getByte(start + i) & mask) != STATEMENT[i]) {
                return false;
            }
        }
        return true;
    }

    /** One row, or none before the first statement. */
    static TextResultSet of(Settlement.@Nullable LastRoute last, Topology topology, int pins) {
        TextResultSet rows = new TextResultSet(List.of("backend", "role", "reason", "pins"));
        if (last != null) {
            BackendStatus backend = topology.find(last.ordinal());
            rows.row(
                    backend == null ? "removed" : backend.address().toString(),
                    topology.primaryOrdinal() == last.ordinal() ? "primary" : "replica",
                    last.reason().label(),
                    PinReason.describe(pins));
        }
        return rows;
    }
}
