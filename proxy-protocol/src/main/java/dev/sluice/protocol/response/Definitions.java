package dev.sluice.protocol.response;

/**
 * A count of the definitions that are still to come, in up to two groups: a result set has its columns, a prepared
 * statement its parameters and then its columns. Confined to the session's event loop.
 */
final class Definitions {
    private int left;
    private int leftInNextGroup;
    private int groupsWithout;

    void expect(int count, int countOfNextGroup) {
        groupsWithout = 0;
        left = count;
        leftInNextGroup = countOfNextGroup;
    }

    /** So many groups have no definitions, though the packet in front has counted some. */
    void expectNone(int groups) {
        expect(0, 0);
        groupsWithout = groups;
    }

    /** Goes on to the next group without definitions; false if there is none. */
    boolean skipsGroup() {
        groupsWithout--;
        return groupsWithout > 0;
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
