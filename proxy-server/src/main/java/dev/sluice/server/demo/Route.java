package dev.sluice.server.demo;

/**
 * What Sluice says about where it sent the previous statement of a session, and why.
 *
 * <p>Immutable.
 *
 * @param backend host and port of the server
 * @param role {@code primary} or {@code replica}
 * @param reason the reason code of the decision
 * @param pins why the session is bound to its connection, separated by commas; empty when it is not
 */
record Route(String backend, String role, String reason, String pins) {
    boolean isReplica() {
        return role.equals("replica");
    }

    boolean isPrimary() {
        return role.equals("primary");
    }
}
