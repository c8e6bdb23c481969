package dev.sluice.server.session;

import dev.sluice.server.admission.ClientAdmission;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Every live client connection by its id, and the limit on their number. Connections count from accept on, so that a flood
 * of half-open logins meets the same limit. Thread-safe: concurrent map and atomics.
 */
public final class SessionRegistry implements ClientAdmission.Total {
    private static final long ID_FIRST = 1L << 30;
    private static final int ID_MASK = (1 << 30) - 1;

    private volatile int connectionsMax;
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger idsGiven;
    private final Map<Long, Session> sessions = new ConcurrentHashMap<>();
    private volatile boolean draining;

    /** @param connectionsMax client connections at most */
    public SessionRegistry(int connectionsMax) {
        this(connectionsMax, 0);
    }

    SessionRegistry(int connectionsMax, int idsGiven) {
        this.connectionsMax = connectionsMax;
        this.idsGiven = new AtomicInteger(idsGiven);
    }

    /** Counts a connection; false when the limit is reached. */
    @Override
    public boolean tryEnter() {
        if (connections.incrementAndGet() > connectionsMax) {
            connections.decrementAndGet();
            return false;
        }
        return true;
    }

    /** Changes the limit; those that are connected stay. */
    public void connectionsMax(int max) {
        connectionsMax = max;
    }

    /** A counted connection has closed. */
    @Override
    public void leave() {
        connections.decrementAndGet();
    }

    /**
     * The next connection id. It is so large that no server has counted so far: an id that a client has from a server, by
     * SHOW PROCESSLIST say, must not be that of somebody else's session in a KILL. And it is positive in 32 bits for drivers
     * that take it for a signed number.
     */
    public long nextId() {
        long id;
        do {
            id = ID_FIRST + (idsGiven.getAndIncrement() & ID_MASK);
        } while (sessions.containsKey(id));
        return id;
    }

    void add(Session session) {
        sessions.put(session.id(), session);
        if (draining) {
            session.drain();
        }
    }

    void remove(Session session) {
        sessions.remove(session.id());
    }

    /** The session with a connection id, or null. */
    public @Nullable Session find(long id) {
        return sessions.get(id);
    }

    /** Every session that has logged in, as far as is known at this moment. */
    Collection<Session> all() {
        return sessions.values();
    }

    /** Sessions that have logged in. */
    public int sessions() {
        return sessions.size();
    }

    /** Client connections, those still logging in included. */
    public int connections() {
        return connections.get();
    }

    /** Asks every session to end as soon as it has no transaction open. */
    public void drain() {
        draining = true;
        sessions.values().forEach(Session::drain);
    }

    /** Ends every session now. */
    public void closeAll() {
        draining = true;
        sessions.values().forEach(Session::shutDown);
    }
}
