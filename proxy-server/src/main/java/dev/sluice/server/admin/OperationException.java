package dev.sluice.server.admin;

/** An operation could not be carried out. Nothing has changed, or the message says what has. Immutable. */
public final class OperationException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Why, in the terms that every door translates into its own. */
    public enum Kind {
        /** The request makes no sense: MySQL error 1064 or 1210, HTTP 400. */
        INVALID,
        /** There is no such thing: HTTP 404. */
        NOT_FOUND,
        /** It would do harm or contradicts the present state; may need FORCE: HTTP 409. */
        CONFLICT,
        /** The configuration has changed since the version that the request was made for: HTTP 412. */
        STALE,
        /** It was tried and failed; it has been undone, or the message says what has not: HTTP 500. */
        FAILED
    }

    private final Kind kind;

    public OperationException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    /** Why. */
    public Kind kind() {
        return kind;
    }
}
