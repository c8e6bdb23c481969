package dev.sluice.benchmarks.macro;

/** An account of the database. Immutable. */
record Login(String user, String password) {
    /** Without the password, which must not get into a log. */
    @Override
    public String toString() {
        return user;
    }
}
