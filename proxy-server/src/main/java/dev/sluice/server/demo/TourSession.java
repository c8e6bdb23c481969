package dev.sluice.server.demo;

import java.sql.SQLException;

/**
 * One client connection of the tour, which asks after each statement where it went.
 *
 * <p>Thread-safe: confined to the thread of the tour.
 */
interface TourSession extends AutoCloseable {
    /** Runs a statement as text. */
    Answer run(String sql) throws SQLException;

    /** Prepares a statement on the server and executes it with one number. */
    Answer runPrepared(String sql, int parameter) throws SQLException;

    /** Whether it can be used any longer, as far as the client's side knows. */
    boolean isOpen() throws SQLException;

    @Override
    void close() throws SQLException;

    /** The way to a new connection over the one URL. */
    @FunctionalInterface
    interface Opener {
        TourSession open() throws SQLException;
    }
}
