package dev.sluice.server.backend;

import dev.sluice.server.backend.BackendCapacity.Claimant;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one user has of the connections to one backend, by event loop, and what of that user's waits for more. Guarded by the
 * lock of {@link TotalCapacity}; it is there only while the user has a connection or waits.
 *
 * <p>Between users, and between the loops of one user, a connection moves from who has more to who has less, and not where
 * that would only turn the difference around: a move costs a login, and the time that a server takes to forget the old
 * connection. Who has none at all is given one after a while nevertheless.
 */
final class UserShare implements Comparable<UserShare> {
    /**
     * All logins that are under way count as one user, or whoever makes up names would come first with each. No user has this
     * name: the protocol ends names at a zero.
     */
    static final String LOGINS = "\0logins";
    /** How often others' connections serve their own before a user who has none is given one. */
    static final int OVERTAKEN_MAX = 8;
    /** What has been open, or idle, for so long, can be closed for others: what it has cost has been worth it. */
    static final long WORTH_NANOS = Duration.ofMillis(500).toNanos();
    /** What has been open for so long may move though nobody has less: those who wait may be stuck where they are. */
    static final long ROTATED_NANOS = Duration.ofMillis(2_500).toNanos();

    private final String user;
    private final Map<Claimant, Part> parts = new LinkedHashMap<>();
    /** Among users who have equally many, who has waited longest comes first. */
    private long turn;

    private int held;
    private int waiting;
    private int overtaken;
    private int kept;

    /** What is on one event loop. Guarded by the same lock. */
    private static final class Part {
        /** Those who wait and have been granted and promised nothing. */
        private int waiting;
        /** Connections and promised ones, less those that are being closed for others. */
        private int held;
        /** Connections that are being closed for others, and no longer count as held. */
        private int leaving;
    }

    UserShare(String user) {
        this.user = user;
    }

    String user() {
        return user;
    }

    /** Connections and promised ones, less those that are being closed for others. */
    int held() {
        return held;
    }

    /** Whether nothing is left of its use. */
    boolean isEmpty() {
        return parts.isEmpty();
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

    private Part part(Claimant claimant) {
        return parts.computeIfAbsent(claimant, loop -> new Part());
    }

    private void forgetIfEmpty(Claimant claimant, Part part) {
        if (part.waiting == 0 && part.held == 0 && part.leaving == 0) {
            parts.remove(claimant);
        }
    }

    private int heldOn(Claimant claimant) {
        Part part = parts.get(claimant);
        return part == null ? 0 : part.held;
    }

    // ---- those who wait ----

    boolean isWaiting() {
        return waiting > 0;
    }

    boolean isWaitingOn(Claimant claimant) {
        Part part = parts.get(claimant);
        return part != null && part.waiting > 0;
    }

    /** Of the loops where somebody waits the one that has fewest connections, but for one loop; null if there is none. */
    private @Nullable Claimant poorestBesides(@Nullable Claimant self) {
        Claimant poorest = null;
        int fewest = Integer.MAX_VALUE;
        for (Map.Entry<Claimant, Part> entry : parts.entrySet()) {
            Part part = entry.getValue();
            if (entry.getKey() != self && part.waiting > 0 && part.held < fewest) {
                poorest = entry.getKey();
                fewest = part.held;
            }
        }
        return poorest;
    }

    /** The loop whose turn it is; somebody has to wait. */
    Claimant next() {
        Claimant next = poorestBesides(null);
        if (next == null) {
            throw new IllegalStateException("nobody of " + user + " waits");
        }
        return next;
    }

    void await(Claimant claimant, long now) {
        if (waiting == 0) {
            turn = now;
        }
        waiting++;
        part(claimant).waiting++;
    }

    /** One of those on a loop waits no more. */
    void withdraw(Claimant claimant) {
        waiting--;
        Part part = part(claimant);
        part.waiting--;
        forgetIfEmpty(claimant, part);
    }

    /** One of those on a loop is granted a connection, or promised one: it counts as held. His loop's next turn is the last. */
    void take(Claimant claimant, long now) {
        Part part = part(claimant);
        parts.remove(claimant);
        parts.put(claimant, part);
        part.waiting--;
        waiting--;
        turn = now;
        overtaken = 0;
        kept = 0;
        opened(claimant);
    }

    // ---- connections ----

    void opened(Claimant claimant) {
        held++;
        part(claimant).held++;
    }

    void gone(Claimant claimant) {
        Part part = part(claimant);
        if (part.leaving > 0) {
            part.leaving--;
        } else {
            part.held--;
            held--;
        }
        forgetIfEmpty(claimant, part);
    }

    /** One is about to be closed for somebody else. */
    void leaves(Claimant claimant) {
        Part part = part(claimant);
        part.held--;
        held--;
        part.leaving++;
    }

    // ---- who gives one up ----

    /**
     * Whether a user gives up a connection to this one, who waits.
     *
     * @param needed whether somebody waits whom the connection can serve as it is
     * @param nanos since when it has been open, or idle if it is not needed
     */
    boolean isOwedBy(UserShare owner, boolean needed, long nanos) {
        int more = owner.held - held;
        if (!needed) {
            return more > 0 || nanos >= WORTH_NANOS;
        }
        boolean often = more > 0 && ++overtaken > OVERTAKEN_MAX;
        return more > 1 ? often || nanos >= WORTH_NANOS : held == 0 && often;
    }

    /** The loop to which one gives up a connection that is of no use there, or of more use elsewhere; null for none. */
    @Nullable
    Claimant owedBy(Claimant self, boolean needed, long nanos) {
        Claimant other = poorestBesides(self);
        if (other == null) {
            return needed || !isWaitingOn(self) ? null : self;
        }
        if (!needed && isWaitingOn(self)) {
            return next();
        }
        return isOwed(heldOn(self), heldOn(other), needed, nanos) ? other : null;
    }

    private boolean isOwed(int own, int others, boolean needed, long nanos) {
        if (!needed) {
            return own > others || nanos >= WORTH_NANOS;
        }
        if (++kept <= BackendCapacity.KEPT_MAX) {
            return own > others + 1 && nanos >= WORTH_NANOS;
        }
        return own > others + 1 || others == 0 || nanos >= ROTATED_NANOS;
    }

    /** Whether one loop has no more connections than another, for which it would give one up. */
    boolean isPoorer(Claimant self, Claimant other) {
        return self != other && heldOn(self) <= heldOn(other);
    }
}
