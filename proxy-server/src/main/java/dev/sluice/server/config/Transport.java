package dev.sluice.server.config;

/** How the server talks to the sockets of the operating system. Immutable. */
public enum Transport {
    /** Epoll where its native library loads, else NIO. */
    AUTO,
    /** Linux epoll, or refuse to start. */
    EPOLL,
    /** Linux io_uring, or refuse to start. */
    IO_URING,
    /** The portable transport of the JDK. */
    NIO
}
