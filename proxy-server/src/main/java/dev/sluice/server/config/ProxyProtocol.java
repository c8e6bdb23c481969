package dev.sluice.server.config;

/** How servers are told which client a connection is for. Immutable. */
public enum ProxyProtocol {
    /** They are not. */
    OFF,
    /** In a PROXY header of version 1, a line of text. */
    V1,
    /** In a PROXY header of version 2, which is binary. */
    V2
}
