package dev.sluice.server.frontend;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What one event loop keeps for clients that do not take their answers, and its bound. Each client has a bound of its own, by
 * which its server is not read any more; this one is for all of them together. Beyond it the client that has taken nothing for
 * the longest time has to go. Confined to the session's event loop.
 *
 * <p>Clients are in the order in which they last took something. What was counted may have been sent meanwhile: everybody is
 * looked at again before somebody is sent away.
 */
public final class UnsentBytes {
    private final Map<Frontend, Long> waiting = new LinkedHashMap<>();
    private final LongSupplier max;
    private final Victim victim;
    private long sum;

    /** Learns who has to go. */
    @FunctionalInterface
    public interface Victim {
        /** The client is being sent away, with so many bytes. */
        void sentAway(Frontend client, long bytes);
    }

    /** @param max how many bytes may wait on this loop at this moment */
    public UnsentBytes(LongSupplier max, Victim victim) {
        this.max = max;
        this.victim = victim;
    }

    /** Something was written to a client, of which so many bytes have not been sent yet. */
    void update(Frontend client, long unsent) {
        count(client, unsent);
        while (sum > max.getAsLong()) {
            Frontend stuck = mostStuck();
            if (stuck == null) {
                return;
            }
            long bytes = sum;
            count(stuck, 0);
            victim.sentAway(stuck, bytes - sum);
            stuck.close();
        }
    }

    private void count(Frontend client, long unsent) {
        Long before = unsent == 0 ? waiting.remove(client) : waiting.get(client);
        sum += unsent - (before == null ? 0 : before);
        if (unsent > 0) {
            if (before != null && unsent < before) {
                // It takes something: it goes to the end.
                waiting.remove(client);
            }
            waiting.put(client, unsent);
        }
    }

    /** Counts everybody anew; whoever is first then, if that is still too much. */
    private @Nullable Frontend mostStuck() {
        Map<Frontend, Long> moved = new LinkedHashMap<>();
        Iterator<Map.Entry<Frontend, Long>> all = waiting.entrySet().iterator();
        while (all.hasNext()) {
            Map.Entry<Frontend, Long> next = all.next();
            long now = next.getKey().keptBytes();
            long before = next.getValue();
            sum += now - before;
            if (now < before) {
                all.remove();
                if (now > 0) {
                    moved.put(next.getKey(), now);
                }
            } else {
                next.setValue(now);
            }
        }
        waiting.putAll(moved);
        return sum > max.getAsLong() && !waiting.isEmpty()
                ? waiting.keySet().iterator().next()
                : null;
    }

    /** The bytes that were counted when somebody last looked. */
    long sum() {
        return sum;
    }

    /** The clients among whom they are. */
    int clients() {
        return waiting.size();
    }
}
