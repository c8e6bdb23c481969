package dev.sluice.server.config;

/** Whether connections are encrypted. Immutable. */
public enum TlsMode {
    /** Encrypted when the other side can. */
    PREFERRED,
    /** Encrypted or refused. */
    REQUIRED,
    /** Never encrypted. */
    OFF
}
