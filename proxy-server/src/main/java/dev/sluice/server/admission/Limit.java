package dev.sluice.server.admission;

import java.util.Locale;

/** The bounds at which a client or a command of it is turned away; each is a label of a counter. Immutable. */
public enum Limit {
    /** {@code access.allow} and {@code access.deny}. */
    ACCESS,
    MAX_CONNECTIONS,
    MAX_CONNECTIONS_PER_USER,
    MAX_CONNECTIONS_PER_ADDRESS,
    LOGIN_ATTEMPTS,
    /** {@code admin.login-attempts-per-second}, at all doors of operators. */
    ADMIN_LOGIN_ATTEMPTS,
    CONNECT_PHASE_TIMEOUT,
    /** {@code access.proxies}. */
    PROXY_HEADER,
    IDLE_TIMEOUT,
    /** {@code limits.net-write-timeout}. */
    NET_WRITE_TIMEOUT,
    /** A command that has no parts to be streamed, or a packet of a login. */
    PACKET_SIZE,
    /** {@code pool.waiting-max} and {@code pool.waiting-bytes-max}, and {@code pool.acquire-timeout}. */
    WAITING,
    /** {@code limits.buffered-bytes}. */
    BUFFERED_BYTES,
    PREPARED_STATEMENTS,
    PREPARED_TEXTS,
    /** The heap is nearly used up. */
    HEAP;

    /** The name in metrics and logs. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
