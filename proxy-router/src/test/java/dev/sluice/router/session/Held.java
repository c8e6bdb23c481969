package dev.sluice.router.session;

import org.jspecify.annotations.Nullable;

/** What a session holds, as a test sets it. Confined to one test. */
final class Held implements SessionRouter.Context {
    long waitable;

    @Nullable
    Slot lastStatement;

    int primary = SessionRouter.NO_BACKEND;
    int replica = SessionRouter.NO_BACKEND;
    long excluded;
    long nowNanos;
    long clientHash;
    boolean mayAskPosition;

    @Override
    public @Nullable Slot lastStatementSlot() {
        return lastStatement;
    }

    @Override
    public int heldOrdinal(Slot slot) {
        return slot == Slot.PRIMARY ? primary : replica;
    }

    @Override
    public long waitable() {
        return waitable;
    }

    @Override
    public long excluded() {
        return excluded;
    }

    @Override
    public boolean mayAskPosition() {
        return mayAskPosition;
    }

    @Override
    public long nowNanos() {
        return nowNanos;
    }

    @Override
    public long clientHash() {
        return clientHash;
    }
}
