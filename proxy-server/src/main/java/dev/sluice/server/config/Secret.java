package dev.sluice.server.config;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * A password that does not show itself: {@link #toString} is always the same mask, so that a logged record, a debugger
 * or a failed assertion cannot print it. Immutable.
 */
public final class Secret {
    private static final String MASK = "******";

    private final String value;

    private Secret(String value) {
        this.value = value;
    }

    /** Wraps a clear text. */
    public static Secret of(String value) {
        return new Secret(value);
    }

    /** The clear text; call it at the point of use only. */
    public String reveal() {
        return value;
    }

    @Override
    public boolean equals(Object other) {
        // Constant time, because comparing secrets is how they leak through timing.
        return other instanceof Secret that && MessageDigest.isEqual(bytes(), that.bytes());
    }

    /** Constant: a hash of a short password would identify it. */
    @Override
    public int hashCode() {
        return Secret.class.hashCode();
    }

    @Override
    public String toString() {
        return MASK;
    }

    private byte[] bytes() {
        return value.getBytes(StandardCharsets.UTF_8);
    }
}
