package dev.sluice.server.it;

/**
 * What SHOW SLUICE ROUTE says about a session's last statement. Immutable.
 *
 * @param backend address of the server
 * @param role {@code primary} or {@code replica}
 * @param reason the label of a RouteReason
 * @param pins labels of PinReasons, empty when the session is free
 */
record Route(String backend, String role, String reason, String pins) {
    boolean isReplica() {
        return role.equals("replica");
    }
}
