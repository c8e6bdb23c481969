package dev.sluice.server.session;

import java.util.concurrent.CompletableFuture;

/** Ends statements on the servers, for event loops. Thread-safe: implementations work on threads of their own. */
@FunctionalInterface
public interface ServerKills {
    /** How it went. */
    enum Outcome {
        /** The server has been told, or had nothing to end any more. */
        DONE,
        /** The server did not allow it. */
        DENIED,
        /** The server could not be asked. */
        FAILED
    }

    /** {@code KILL QUERY} of a server's thread. Never fails: trouble is an outcome. */
    CompletableFuture<Outcome> killQuery(int ordinal, long threadId);
}
