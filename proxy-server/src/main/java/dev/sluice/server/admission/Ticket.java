package dev.sluice.server.admission;

import dev.sluice.protocol.packet.ErrPacket;
import org.jspecify.annotations.Nullable;

/**
 * The place of one client connection among all others, from accept to its end. Each question is answered by null, or by the
 * error with which the client is sent away. Confined to the session's event loop.
 */
public interface Ticket {
    /** The client has connected: asked once, before it is told anything. */
    @Nullable
    ErrPacket enter();

    /**
     * The client wants to be that user, and nobody has looked at its password yet.
     *
     * @param usesPassword whether it came with one, for the message
     */
    @Nullable
    ErrPacket mayLogIn(String user, boolean usesPassword);

    /** A client that is logged in tries to become another user. */
    @Nullable
    ErrPacket tryAgain();

    /** The client has proved to be that user, and is nobody else from now on. */
    @Nullable
    ErrPacket loggedIn(String user);

    /**
     * The connection has ended, whatever was answered before. Nothing is taken for it any more: a login that was under way may
     * still succeed.
     */
    void leave();
}
