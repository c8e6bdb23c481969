package dev.sluice.server.tls;

import org.jspecify.annotations.Nullable;

/** A certificate or key that cannot serve; the message names the file, what is wrong and what to do. */
public final class TlsException extends Exception {
    private static final long serialVersionUID = 1L;

    TlsException(String message) {
        this(message, null);
    }

    TlsException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
