package dev.sluice.server.monitor;

/** Told when credentials that were learned for a user may no longer hold. Thread-safe: called by the directory's thread. */
@FunctionalInterface
public interface AccountListener {
    /** An account of that user was added, removed, locked or given another password; empty for the anonymous user. */
    void onAccountChanged(String user);
}
