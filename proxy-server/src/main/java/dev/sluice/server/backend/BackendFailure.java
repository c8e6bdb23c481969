package dev.sluice.server.backend;

import dev.sluice.protocol.ErrorCode;
import dev.sluice.protocol.packet.ErrPacket;
import org.jspecify.annotations.Nullable;

/**
 * Why a backend could not be used: refused by the server (with its error packet), unreachable, broken, or no free
 * connection in time. Immutable.
 *
 * @param kind what happened
 * @param message one sentence for logs and for the client
 * @param serverError the server's own error, when it sent one
 */
public record BackendFailure(
        Kind kind, String message, @Nullable ErrPacket serverError) {
    /** What happened. */
    public enum Kind {
        /** The server answered the login with an error. */
        REFUSED,
        /** The server takes nobody from the client's address, or does not let Sluice name it. */
        TURNED_AWAY,
        /** No TCP connection, or none in time. */
        UNREACHABLE,
        /** The connection ended or sent what the protocol does not allow. */
        BROKEN,
        /** No connection became free in time, or too many wait already. */
        EXHAUSTED,
        /** No backend has the role that the statement needs. */
        NO_BACKEND,
        /** This process could not make a socket: it has no file descriptor left, or no memory. */
        OWN_SHORTAGE
    }

    /**
     * Whether this says something about the server at this moment only, and nothing about who asked: a moment later it may
     * be another, and so may another server.
     */
    public boolean isPassing() {
        return switch (kind) {
            case UNREACHABLE, BROKEN, NO_BACKEND, OWN_SHORTAGE -> true;
            case REFUSED -> serverError != null && serverError.code() == ErrorCode.ER_SERVER_SHUTDOWN.code();
            case TURNED_AWAY, EXHAUSTED -> false;
        };
    }

    /** Whether the server lets this user have no more connections at the same time. */
    public boolean isUsersShare() {
        return serverError != null
                && (serverError.code() == ErrorCode.ER_TOO_MANY_USER_CONNECTIONS.code()
                        || (serverError.code() == ErrorCode.ER_USER_LIMIT_REACHED.code()
                                && serverError.message().contains("max_user_connections")));
    }

    /** A failure without an error packet of a server. */
    public static BackendFailure of(Kind kind, String message) {
        return new BackendFailure(kind, message, null);
    }
}
