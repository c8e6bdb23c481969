package dev.sluice.server.config;

/** Whether clients are asked for a certificate. Immutable. */
public enum ClientCertificates {
    /** They are not asked. */
    NONE,
    /** One that is shown must be good; a client without one gets in. */
    OPTIONAL,
    /** The handshake fails without one. */
    REQUIRED
}
