package dev.sluice.server.demo;

/**
 * A running Sluice, as far as the demonstration needs to know it.
 *
 * <p>Thread-safe: {@link #close} may come from a shutdown hook.
 */
public interface ProxyUnderDemo extends AutoCloseable {
    /** The port on 127.0.0.1 where clients connect. */
    int port();

    /** Stops serving and returns when nothing of it runs any more; does nothing the second time. */
    @Override
    void close();
}
