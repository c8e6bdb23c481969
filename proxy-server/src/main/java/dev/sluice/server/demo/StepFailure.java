package dev.sluice.server.demo;

/** A step of the tour showed something other than what it should. Immutable. */
final class StepFailure extends Exception {
    private static final long serialVersionUID = 1L;

    StepFailure(String message) {
        super(message);
    }
}
