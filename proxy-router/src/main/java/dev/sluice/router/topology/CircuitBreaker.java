package dev.sluice.router.topology;

import java.util.random.RandomGenerator;

/**
 * Keeps new work from one backend after trouble and lets it return gradually. Thread-safe: it has no lock, its owner calls
 * it under one.
 *
 * <pre>
 *            troubles in the window, or the server is lost
 *   CLOSED ────────────────────────────────────────────────▶ OPEN ◀──────────────┐
 *     ▲                                                        │ back-off over   │ one trouble, or
 *     │ no trouble during the trial                            ▼ and probed      │ the server is lost
 *     └──────────────────────────────────────────────────── HALF_OPEN ───────────┘
 * </pre>
 *
 * <p>Troubles are what the data path reports: connections refused, reset or dropped. Those of one moment count as one,
 * because a single event breaks all connections at once. The server is lost when a probe says so; an answered probe ends
 * no trouble, because a server may answer the monitor and nobody else.
 *
 * <p>The back-off doubles with each relapse and is forgotten after a healthy time. Jitter keeps several proxies from
 * returning to a server together. Slow start begins with the trial: the share grows from a tenth to the whole.
 *
 * <p>The breaker only gives an opinion. {@link Topology} overrules it rather than leave a role without a backend, and never
 * applies it to the primary's writes.
 */
public final class CircuitBreaker {
    /** Troubles closer together than that are one. */
    private static final long SAME_MOMENT_NANOS = 100_000_000;

    private static final long TRIAL_NANOS = 1_000_000_000;

    /** Health for so many times the longest back-off makes the next trouble a first one. */
    private static final int FORGIVEN_AFTER = 2;

    private static final double JITTER = 0.25;

    private final BreakerPolicy policy;
    private final RandomGenerator random;
    private final long[] troubleNanos;

    private Admission.State state = Admission.State.CLOSED;
    private boolean lost;
    private int troubles;
    private int relapses;
    private long openUntilNanos;
    private long trialNanos;
    private boolean starting;

    public CircuitBreaker(BreakerPolicy policy, RandomGenerator random) {
        this.policy = policy;
        this.random = random;
        this.troubleNanos = new long[policy.troubles()];
    }

    /** The data path had trouble with the backend. Times are monotonic and of one clock. */
    public void trouble(long nowNanos) {
        advance(nowNanos);
        switch (state) {
            case OPEN -> {
                // It is known already; what was under way when it opened must not keep it open.
            }
            case HALF_OPEN -> open(nowNanos);
            case CLOSED -> {
                if (isFreshTrouble(nowNanos) && isWindowFull(nowNanos)) {
                    open(nowNanos);
                }
            }
        }
    }

    private boolean isFreshTrouble(long nowNanos) {
        int last = Math.floorMod(troubles - 1, troubleNanos.length);
        if (troubles > 0 && nowNanos - troubleNanos[last] < SAME_MOMENT_NANOS) {
            return false;
        }
        troubleNanos[troubles % troubleNanos.length] = nowNanos;
        troubles++;
        return true;
    }

    private boolean isWindowFull(long nowNanos) {
        long oldest = troubleNanos[troubles % troubleNanos.length];
        return troubles >= troubleNanos.length
                && nowNanos - oldest <= policy.window().toNanos();
    }

    /** A probe ended: {@code online} says whether the server answered it usefully. */
    public void probed(boolean online, long nowNanos) {
        advance(nowNanos);
        if (online) {
            lost = false;
            advance(nowNanos);
        } else if (!lost) {
            lost = true;
            if (state != Admission.State.OPEN) {
                open(nowNanos);
            }
        }
    }

    /** What the backend may be given at this moment. */
    public Admission admission(long nowNanos) {
        advance(nowNanos);
        if (state == Admission.State.OPEN || !starting) {
            return state == Admission.State.CLOSED ? Admission.FULL : new Admission(state, 1);
        }
        long growing = policy.slowStart().toNanos();
        long passed = nowNanos - trialNanos;
        if (state == Admission.State.CLOSED && passed >= growing) {
            starting = false;
            return Admission.FULL;
        }
        long grown = growing == 0 ? 0 : Math.min(Admission.SHARE_MAX, Admission.SHARE_MAX * passed / growing);
        return new Admission(state, (int) Math.max(1, grown));
    }

    private void open(long nowNanos) {
        state = Admission.State.OPEN;
        troubles = 0;
        long backoff = policy.backoffMin().toNanos();
        for (int i = 0; i < relapses && backoff < policy.backoffMax().toNanos(); i++) {
            backoff *= 2;
        }
        backoff = Math.min(backoff, policy.backoffMax().toNanos());
        relapses++;
        openUntilNanos = nowNanos + (long) (backoff * (1 + random.nextDouble(-JITTER, JITTER)));
    }

    private void advance(long nowNanos) {
        if (state == Admission.State.OPEN && !lost && nowNanos - openUntilNanos >= 0) {
            state = Admission.State.HALF_OPEN;
            trialNanos = nowNanos;
            starting = true;
        }
        if (state == Admission.State.HALF_OPEN && nowNanos - trialNanos >= TRIAL_NANOS) {
            state = Admission.State.CLOSED;
        }
        boolean healthy = state == Admission.State.CLOSED && relapses > 0;
        if (healthy
                && nowNanos - trialNanos >= FORGIVEN_AFTER * policy.backoffMax().toNanos()) {
            relapses = 0;
        }
    }
}
