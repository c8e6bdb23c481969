package dev.sluice.router.topology;

/** The two positions that belong to no flavour of server. Immutable. */
enum UndefinedPosition implements GtidPosition {
    EMPTY,
    UNKNOWN;

    @Override
    public boolean contains(GtidPosition other) {
        return other.isEmpty();
    }

    @Override
    public GtidPosition union(GtidPosition other) {
        return this == EMPTY ? other : UNKNOWN;
    }

    @Override
    public GtidPosition upTo(GtidPosition own) {
        return union(own);
    }

    @Override
    public GtidPosition coarse() {
        return this;
    }

    @Override
    public boolean isEmpty() {
        return this == EMPTY;
    }

    @Override
    public int size() {
        return 0;
    }
}
