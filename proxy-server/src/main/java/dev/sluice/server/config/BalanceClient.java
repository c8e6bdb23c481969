package dev.sluice.server.config;

/** What the balancer {@code sh} tells clients apart by. Immutable. */
public enum BalanceClient {
    /** The address that the client connects from, without the port. */
    ADDRESS,
    /** The user that the client has logged in as. */
    USER
}
