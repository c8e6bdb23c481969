package dev.sluice.server.backend;

import java.time.Duration;

/**
 * How a pool treats its connections. Immutable.
 *
 * @param idleTimeout idle connections are closed after this time
 * @param maxAge connections are closed at their first return after this time
 * @param acquireTimeout how long a borrower waits for a connection at most
 */
public record PoolSettings(Duration idleTimeout, Duration maxAge, Duration acquireTimeout) {}
