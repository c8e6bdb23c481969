package dev.sluice.benchmarks.macro;

/** What a load does again and again, and by which therefore everything is divided. Immutable. */
enum Unit {
    /** A statement with its answer. */
    QUERY("query", "queries", "q"),
    /** A connection from connecting to disconnecting, with one statement. */
    CONNECTION("connection", "connections", "conn"),
    /** A million bytes of results, counted where the client reads them. */
    MEGABYTE("megabyte", "megabytes", "MB");

    private final String singular;
    private final String plural;
    private final String shortName;

    Unit(String singular, String plural, String shortName) {
        this.singular = singular;
        this.plural = plural;
        this.shortName = shortName;
    }

    /** One of it, as in a key of JSON. */
    String singular() {
        return singular;
    }

    /** Many of it, as in a key of JSON. */
    String plural() {
        return plural;
    }

    /** One of it, as in the head of a column. */
    String shortName() {
        return shortName;
    }
}
