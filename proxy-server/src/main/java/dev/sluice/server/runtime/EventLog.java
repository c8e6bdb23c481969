package dev.sluice.server.runtime;

import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.Topology;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The last things that happened, for {@code SHOW EVENTS}. Thread-safe: all methods hold the monitor of this object. */
public final class EventLog {
    /** So many events are kept. */
    static final int EVENTS_MAX = 1000;

    private final InstantSource clock;
    private final ArrayDeque<Event> events = new ArrayDeque<>();
    private long last;

    /** What an event is about. Immutable. */
    public enum Kind {
        /** A backend changed its role or health. */
        TOPOLOGY,
        /** An operator changed something. */
        ADMIN,
        /** Something needs a person, or no longer does. */
        ALARM,
        /** The configuration file was read. */
        CONFIG
    }

    /**
     * One event. Immutable.
     *
     * @param number grows by one
     * @param author who did it; null if nobody did
     */
    public record Event(
            long number, Instant time, Kind kind, @Nullable String author, String text) {}

    public EventLog(InstantSource clock) {
        this.clock = clock;
    }

    /** Adds an event; the oldest goes when there are too many. */
    public synchronized void add(Kind kind, @Nullable String author, String text) {
        last++;
        events.add(new Event(last, clock.instant(), kind, author, text));
        if (events.size() > EVENTS_MAX) {
            events.remove();
        }
    }

    /** The events that are kept, oldest first. */
    public synchronized List<Event> events() {
        return new ArrayList<>(events);
    }

    /** Adds what has changed from one topology to the next, if it is worth an event. */
    public void topologyChanged(Topology before, Topology now) {
        for (BackendStatus backend : now.backends()) {
            BackendStatus was = before.find(backend.ordinal());
            boolean sameServer = was != null && was.address().equals(backend.address());
            if (was == null
                    || !sameServer
                    || was.role() != backend.role()
                    || was.health() != backend.health()
                    || was.operatorState() != backend.operatorState()) {
                add(Kind.TOPOLOGY, null, describe(backend));
            }
        }
        for (BackendStatus was : before.backends()) {
            BackendStatus backend = now.find(was.ordinal());
            if (backend == null || !backend.address().equals(was.address())) {
                add(Kind.TOPOLOGY, null, was.address() + " is no longer a backend");
            }
        }
        if (before.primaryOrdinal() != now.primaryOrdinal()) {
            BackendStatus primary = now.primary();
            add(Kind.TOPOLOGY, null, primary == null ? "there is no primary" : primary.address() + " is the primary");
        }
        if (!Objects.equals(before.alarm(), now.alarm())) {
            add(Kind.ALARM, null, now.alarm() == null ? "the alarm has ended" : now.alarm());
        }
    }

    private static String describe(BackendStatus backend) {
        String text =
                backend.address() + " is " + backend.health() + ", " + backend.role() + ", " + backend.operatorState();
        return text.toLowerCase(Locale.ROOT) + (backend.problem() == null ? "" : ": " + backend.problem());
    }
}
