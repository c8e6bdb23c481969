package dev.sluice.router.balance;

/**
 * What the statement at hand may stick to, and when it came. One instance is filled anew for each statement, so that a
 * choice allocates nothing. Confined to the session's event loop.
 */
public final class BalanceKeys {
    /** The key of a statement that sticks to nothing. */
    public static final long NONE = 0;

    private long clientHash = NONE;
    private long statementHash = NONE;
    private long nowNanos;

    /** Takes the values of the next statement. Returns this object. */
    public BalanceKeys set(long newClientHash, long newStatementHash, long newNowNanos) {
        clientHash = newClientHash;
        statementHash = newStatementHash;
        nowNanos = newNowNanos;
        return this;
    }

    /** A hash of the client's address or user; {@link #NONE} if there is nothing to tell clients apart by. */
    public long clientHash() {
        return clientHash;
    }

    /** The fingerprint of the statement; {@link #NONE} for one that reads no data, such as BEGIN. */
    public long statementHash() {
        return statementHash;
    }

    /** A monotonic reading. */
    public long nowNanos() {
        return nowNanos;
    }
}
