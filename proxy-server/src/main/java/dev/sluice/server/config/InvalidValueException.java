package dev.sluice.server.config;

/** A value that its key does not accept, in two parts: what is wrong, and what to write instead. */
final class InvalidValueException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String remedy;

    InvalidValueException(String what, String remedy) {
        super(what, null, false, false);
        this.remedy = remedy;
    }

    String what() {
        return String.valueOf(getMessage());
    }

    String remedy() {
        return remedy;
    }
}
