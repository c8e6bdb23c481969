package dev.sluice.router.topology;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All backends at one moment, with what routing asks for precomputed. Immutable.
 *
 * <p><b>Which replicas are readable.</b> A replica takes new reads when it is online, active, has a weight, and its lag is
 * known and within the limit. When every replica is too far behind, none is readable and the primary serves the reads: stale
 * is worse than slow. Only while there is no primary the limit is lifted, because then the replicas' lag cannot even be
 * known (their source is gone) and the alternative is no answer at all. What a session has written itself is protected all
 * the same, by {@link dev.sluice.router.session.CausalityTracker}.
 *
 * <p>A replica whose circuit breaker is open takes no reads either, unless that leaves none: one with trouble is better
 * than none. The primary and its writes have no breaker.
 */
public final class Topology {
    /** The largest ordinal: ordinals are bits of a long. */
    public static final int ORDINAL_MAX = 63;

    /** The largest weight. */
    public static final int WEIGHT_MAX = 10_000;

    /** What is known before the first probe: no backend at all. */
    public static final Topology EMPTY = new Topology(0, 0, List.of(), Findings.NONE, TopologyPolicy.DEFAULT);

    private final long version;
    private final long identityEpoch;
    private final List<BackendStatus> backends;
    private final @Nullable BackendStatus[] byOrdinal = new @Nullable BackendStatus[ORDINAL_MAX + 1];
    private final Findings findings;
    private final long readableReplicas;

    /**
     * What concerns all backends together: how the search for the primary ended, and who else there is. Immutable.
     *
     * @param primaryOrdinal the primary; -1 if there is none
     * @param lastPrimaryOrdinal the primary, or the one before there was none; -1 if there never was one
     * @param writableServers how many servers could be the primary by what they say
     * @param alarm what needs a person; null if nothing does
     * @param discovered servers that are not configured
     * @param named bit mask over ordinals of those that replication names; see {@link Topology#named}
     * @param contenders bit mask over ordinals of those that have accepted writes beside the primary; see {@link Contest}
     */
    record Findings(
            int primaryOrdinal,
            int lastPrimaryOrdinal,
            int writableServers,
            @Nullable String alarm,
            List<DiscoveredServer> discovered,
            long named,
            long contenders) {
        static final Findings NONE = new Findings(-1, -1, 0, null, List.of(), 0, 0);

        Findings {
            discovered = List.copyOf(discovered);
        }
    }

    Topology(long version, long identityEpoch, List<BackendStatus> backends, Findings findings, TopologyPolicy policy) {
        this.version = version;
        this.identityEpoch = identityEpoch;
        this.backends = List.copyOf(backends);
        this.findings = findings;
        long readable = 0;
        long shunned = 0;
        for (BackendStatus backend : this.backends) {
            if (byOrdinal[backend.ordinal()] != null) {
                throw new IllegalArgumentException("two backends with ordinal " + backend.ordinal());
            }
            byOrdinal[backend.ordinal()] = backend;
            if (isReadable(backend, findings.primaryOrdinal() >= 0, policy)) {
                readable |= backend.bit();
                shunned |= backend.admission().state() == Admission.State.OPEN ? backend.bit() : 0;
            }
        }
        if (findings.primaryOrdinal() >= 0 && primary() == null) {
            throw new IllegalArgumentException("the primary is none of the backends");
        }
        this.readableReplicas = readable == shunned ? readable : readable & ~shunned;
    }

    /**
     * A topology of backends whose roles are already known.
     *
     * @param primaryOrdinal the ordinal of the primary; -1 if there is none
     */
    public static Topology of(long version, List<BackendStatus> backends, int primaryOrdinal, TopologyPolicy policy) {
        int writable = primaryOrdinal < 0 ? 0 : 1;
        Findings findings = new Findings(primaryOrdinal, primaryOrdinal, writable, null, List.of(), 0, 0);
        return new Topology(version, 0, backends, findings, policy);
    }

    /** Whether a topology of these parts would say the same as this one. */
    boolean isLike(List<BackendStatus> otherBackends, Findings otherFindings) {
        return backends.equals(otherBackends) && findings.equals(otherFindings);
    }

    private static boolean isReadable(BackendStatus backend, boolean hasPrimary, TopologyPolicy policy) {
        if (backend.role() != Role.REPLICA || !backend.isUsable() || backend.weight() == 0) {
            return false;
        }
        return !hasPrimary || (backend.lag() != null && backend.lag().compareTo(policy.lagMax()) <= 0);
    }

    /** Grows by one with every change, replication progress included. */
    public long version() {
        return version;
    }

    /**
     * Grows when an ordinal may stand for another server or another history than before: a replaced server, a new address,
     * a data directory set back. What was learned about a backend's data under one value does not hold under another.
     */
    public long identityEpoch() {
        return identityEpoch;
    }

    /** All backends, in the order of the configuration. */
    public List<BackendStatus> backends() {
        return backends;
    }

    /** The server that takes writes; null while there is none. */
    public @Nullable BackendStatus primary() {
        return find(findings.primaryOrdinal());
    }

    /** The ordinal of the primary; -1 while there is none. */
    public int primaryOrdinal() {
        return findings.primaryOrdinal();
    }

    /** The ordinal of the primary or, while there is none, of the one there was before; -1 if there never was one. */
    public int lastPrimaryOrdinal() {
        return findings.lastPrimaryOrdinal();
    }

    /** Bit mask over ordinals of the replicas that may take new reads; see the class for the rule. */
    public long readableReplicas() {
        return readableReplicas;
    }

    /**
     * The backend with that ordinal.
     *
     * @throws IllegalArgumentException if there is none
     */
    public BackendStatus backend(int ordinal) {
        BackendStatus backend = find(ordinal);
        if (backend == null) {
            throw new IllegalArgumentException("no backend has ordinal " + ordinal);
        }
        return backend;
    }

    /** The backend with that ordinal; null if there is none, for example because it was removed. */
    public @Nullable BackendStatus find(int ordinal) {
        return ordinal < 0 || ordinal > ORDINAL_MAX ? null : byOrdinal[ordinal];
    }

    /** What needs a person: two writable servers, no writable server; null if nothing does. */
    public @Nullable String alarm() {
        return findings.alarm();
    }

    /**
     * How many servers could be the primary by what they say of themselves; more than one is a split, and then writes stay
     * with the known primary or are not accepted at all. Members of one group count once.
     */
    public int writableServers() {
        return findings.writableServers();
    }

    /** Bit mask over ordinals of the backends that have accepted writes beside the primary and have not stood back since. */
    long contenders() {
        return findings.contenders();
    }

    /**
     * Bit mask over ordinals of the backends that are part of replication at this moment: another one names it in its
     * metadata, or it follows another one itself.
     */
    public long named() {
        return findings.named();
    }

    /** Servers that the backends' replication metadata name and that are no backends. */
    public List<DiscoveredServer> discovered() {
        return findings.discovered();
    }

    @Override
    public String toString() {
        return "Topology[version=" + version + ", " + findings + ", backends=" + backends + "]";
    }
}
