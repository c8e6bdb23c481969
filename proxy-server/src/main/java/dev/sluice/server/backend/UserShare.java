package dev.sluice.server.backend;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one user has of the connections to one backend, and what of that user's waits for more. Guarded by the lock of
 * {@link TotalCapacity}; it is there only while the user has a connection or waits.
 */
final class UserShare implements Comparable<UserShare> {
    /** How often others' connections serve their own before a user who has none is given one. */
    static final int OVERTAKEN_MAX = 8;

    private final String user;
    private final Map<BackendCapacity.Claimant, Integer> waiting = new LinkedHashMap<>();
    /** Among users who have equally many, who has waited longest comes first. */
    private long turn;
    /** Connections and promised ones, less those that are being closed for others. */
    private int held;
    /** Connections that are being closed for others, and no longer count as held. */
    private int leaving;
    private int overtaken;
    private int kept;

    UserShare(String user) {
        this.user = user;
    }

    String user() {
        return user;
    }

    int held() {
        return held;
    }

    /** Whether nothing is left of its use. */
    boolean isEmpty() {
        return held == 0 && leaving == 0 && waiting.isEmpty();
    }

    /** Who has fewest comes first, then who has waited longest. To be taken out of an order before any of it changes. */
    @Override
    public int compareTo(UserShare other) {
        int byHeld = Integer.compare(held, other.held);
        return byHeld != 0 ? byHeld : Long.compare(turn, other.turn);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }

    // ---- those who wait ----

    boolean isWaiting() {
        return !waiting.isEmpty();
    }

    boolean isWaitingOn(BackendCapacity.Claimant claimant) {
        return waiting.containsKey(claimant);
    }

    /** A loop other than this one on which somebody waits, or null. */
    BackendCapacity.@Nullable Claimant besides(BackendCapacity.Claimant self) {
        for (BackendCapacity.Claimant claimant : waiting.keySet()) {
            if (claimant != self) {
                return claimant;
            }
        }
        return null;
    }

    void await(BackendCapacity.Claimant claimant, long now) {
        if (waiting.isEmpty()) {
            turn = now;
        }
        waiting.merge(claimant, 1, Integer::sum);
    }

    /** One waits no more; false if there is none, because all have been granted or promised what they want. */
    boolean withdraw(BackendCapacity.Claimant claimant) {
        Integer left = waiting.get(claimant);
        if (left == null) {
            return false;
        }
        if (left == 1) {
            waiting.remove(claimant);
        } else {
            waiting.put(claimant, left - 1);
        }
        return true;
    }

    /** Takes one of those on a loop; the loop's next one waits for its turn behind the other loops. */
    void take(BackendCapacity.Claimant claimant, long now) {
        Integer left = waiting.remove(claimant);
        if (left != null && left > 1) {
            waiting.put(claimant, left - 1);
        }
        turn = now;
        overtaken = 0;
        kept = 0;
    }

    /** The loop whose turn it is; somebody has to wait. */
    BackendCapacity.Claimant next() {
        return waiting.keySet().iterator().next();
    }

    // ---- connections ----

    void opened() {
        held++;
    }

    void gone() {
        if (leaving > 0) {
            leaving--;
        } else {
            held--;
        }
    }

    /** One is about to be closed for somebody else. */
    void leaves() {
        held--;
        leaving++;
    }

    // ---- who gives one up ----

    /** Whether this user's own, who wait on another loop, have been passed over often enough. */
    boolean isKeptTooOften() {
        return ++kept > BackendCapacity.KEPT_MAX;
    }

    /**
     * Whether a user gives up a connection to this one, who waits.
     *
     * @param needed whether somebody waits whom the connection can serve as it is
     * @param longEnough whether it has been in use for so long that closing it is not a waste, or idle for so long
     */
    boolean isOwedBy(UserShare owner, boolean needed, boolean longEnough) {
        int more = owner.held - held;
        if (!needed) {
            return more > 0 || longEnough;
        }
        boolean often = more > 0 && ++overtaken > OVERTAKEN_MAX;
        return more > 1 ? longEnough || often : held == 0 && often;
    }
}
