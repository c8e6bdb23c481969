package dev.sluice.server.it;

import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** What happened in a soak: which writes were acknowledged, how much of everything, and what must not be. Thread-safe: concurrent collections. */
final class SoakRecord {
    private static final int WRONG_MAX = 50;

    private final Map<Long, String> acknowledged = new ConcurrentHashMap<>();
    private final Set<Long> unreplicated = ConcurrentHashMap.newKeySet();
    private final Map<String, LongAdder> counts = new ConcurrentSkipListMap<>();
    private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
    private final AtomicLong tokens = new AtomicLong();
    private final AtomicInteger losses = new AtomicInteger();

    /** A number that no write has had. */
    long token() {
        return tokens.incrementAndGet();
    }

    /**
     * A write was acknowledged just now.
     *
     * @param how for whoever has to find out why it is not there
     */
    void wrote(long token, String how) {
        acknowledged.put(token, "write " + token + ", " + how + ", at " + Instant.now() + ", losses " + losses);
    }

    /** What is known of writes. */
    List<String> describe(Set<Long> tokens) {
        return tokens.stream().map(acknowledged::get).toList();
    }

    /** Only a primary that was killed has had these. */
    void unreplicated(Set<Long> lost) {
        unreplicated.addAll(lost);
    }

    /** From now on acknowledged writes may be gone with a primary that is about to be killed. */
    void lossBegins() {
        losses.incrementAndGet();
    }

    /** Changes with each loss: what was written before may not be looked for after. */
    int losses() {
        return losses.get();
    }

    /** One more of a kind. */
    void count(String kind) {
        counts.computeIfAbsent(kind, absent -> new LongAdder()).increment();
    }

    long counted(String kind) {
        LongAdder count = counts.get(kind);
        return count == null ? 0 : count.sum();
    }

    /** What must never be. */
    void wrong(String what) {
        if (wrong.size() < WRONG_MAX) {
            wrong.add(Instant.now() + " " + what);
        }
    }

    Queue<String> wrong() {
        return wrong;
    }

    /** The acknowledged writes that have to be there. */
    Set<Long> kept() {
        Set<Long> kept = new HashSet<>(acknowledged.keySet());
        kept.removeAll(unreplicated);
        return kept;
    }

    @Override
    public String toString() {
        return counts + ", " + acknowledged.size() + " writes acknowledged, " + unreplicated.size()
                + " of them never replicated";
    }
}
