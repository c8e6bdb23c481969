package dev.sluice.server.http;

/** Says whether this process still does its work or should be restarted. Thread-safe: implementations do not block. */
@FunctionalInterface
public interface LivenessProbe {
    /** Whether the event loops still turn. */
    boolean isAlive();
}
