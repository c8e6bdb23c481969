package dev.sluice.server.admin;

/**
 * Why a door answers with an error, in the terms of each: MySQL's error number and SQLSTATE, and the status of HTTP.
 * Immutable.
 */
public enum Refusal {
    /** The request makes no sense. */
    INVALID(1064, "42000", 400),
    /** There is no such thing. */
    NOT_FOUND(1477, "HY000", 404),
    /** It would do harm or contradicts the present state. */
    CONFLICT(1290, "HY000", 409),
    /** The configuration has changed since the version that the request was made for. */
    STALE(1412, "HY000", 412),
    /** It was tried and failed; it has been undone, or the message says what has not. */
    FAILED(1105, "HY000", 500),
    /** Too much has been asked for at once; nothing was begun. */
    BUSY(1203, "42000", 503);

    private final int errorCode;
    private final String sqlState;
    private final int httpStatus;

    Refusal(int errorCode, String sqlState, int httpStatus) {
        this.errorCode = errorCode;
        this.sqlState = sqlState;
        this.httpStatus = httpStatus;
    }

    /** The refusal that stands for an exception. */
    public static Refusal of(OperationException.Kind kind) {
        return switch (kind) {
            case INVALID -> INVALID;
            case NOT_FOUND -> NOT_FOUND;
            case CONFLICT -> CONFLICT;
            case STALE -> STALE;
            case FAILED -> FAILED;
        };
    }

    /** The error number on the admin port. */
    public int errorCode() {
        return errorCode;
    }

    /** The SQLSTATE on the admin port. */
    public String sqlState() {
        return sqlState;
    }

    /** The status of a REST response. */
    public int httpStatus() {
        return httpStatus;
    }
}
