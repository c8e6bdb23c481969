package dev.sluice.server.config;

/** How reads are spread over the servers that may take them. Immutable. */
public enum BalanceMethod {
    /** In turns, in proportion to the weights. */
    WEIGHTED_ROUND_ROBIN,
    /** To the server with the fewest connections in use for its weight. */
    LEAST_CONNECTIONS
}
