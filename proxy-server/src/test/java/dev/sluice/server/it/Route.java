package dev.sluice.server.it;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What SHOW SLUICE ROUTE says about a session's last statement. Immutable.
 *
 * @param backend address of the server
 * @param role {@code primary} or {@code replica}
 * @param reason the label of a RouteReason
 * @param pins labels of PinReasons, empty when the session is free
 */
record Route(String backend, String role, String reason, String pins) {
    /** Reads the only row of SHOW SLUICE ROUTE, whose values are all short. */
    static Route ofTextRow(byte[] row) {
        List<String> values = new ArrayList<>();
        for (int i = 0; i < row.length; i += 1 + row[i]) {
            values.add(new String(row, i + 1, row[i], StandardCharsets.US_ASCII));
        }
        return new Route(values.get(0), values.get(1), values.get(2), values.get(3));
    }

    boolean isReplica() {
        return role.equals("replica");
    }
}
