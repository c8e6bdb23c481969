package dev.sluice.protocol.response;

/**
 * A count of the definitions that are still to come, in up to two groups: a result set has its columns, a prepared
 * statement its parameters and then its columns. Confined to the session's event loop.
 */
final class Definitions {
    private int left;
    private int leftInNextGroup;

    void expect(int count, int countOfNextGroup) {
        left = count;
        leftInNextGroup = countOfNextGroup;
    }

    int left() {
        return left;
    }

    /** Counts one; whether it was the last of its group. */
    boolean takeLast() {
        left--;
        return left == 0;
    }

    /** Goes on to the next group; whether it has any definition. */
    boolean nextGroup() {
        expect(leftInNextGroup, 0);
        return left > 0;
    }
}
