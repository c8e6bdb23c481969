package dev.sluice.protocol;

/**
 * Bytes from a peer that break the protocol. The stream cannot be trusted after it: the connection is to be closed. The
 * message names the field, what was expected, what was found and where; it never quotes the peer's data.
 * Immutable.
 */
public final class ProtocolException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String field;

    /** A violation that is not about one field at one offset. */
    public ProtocolException(String message) {
        super(message);
        this.field = "packet";
    }

    /**
     * @param field the protocol's name of what was read
     * @param expected what would have been legal
     * @param found what was there instead, as a number or a length
     * @param offset index into the buffer in bytes
     */
    public ProtocolException(String field, String expected, String found, int offset) {
        super(field + ": expected " + expected + ", found " + found + " at offset " + offset);
        this.field = field;
    }

    /** The protocol's name of what was read. */
    public String field() {
        return field;
    }
}
