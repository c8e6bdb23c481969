package dev.sluice.server.frontend;

import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.protocol.packet.HandshakeResponse41;
import dev.sluice.server.auth.AuthServices;
import dev.sluice.server.auth.ClientAuthentication;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.auth.CredentialProver;
import io.netty.channel.ChannelInboundHandler;
import org.jspecify.annotations.Nullable;

/**
 * Where a client's connection phase leads: how it is greeted, who decides about its login, and what serves its commands
 * afterwards. One instance for each connection. Confined to the session's event loop.
 */
public interface Reception {
    /** An id for the connection that no other connection to this process has. */
    long nextConnectionId();

    /** How to greet; null when nobody can be served yet. */
    @Nullable
    Greeting greeting();

    /** Where what clients send counts that they do not end; null where their number is bound enough. */
    default @Nullable UnsentBytes keptBytes() {
        return null;
    }

    /**
     * What the exchange of passwords needs.
     *
     * @param plugin the authentication plugin that the client begins with
     */
    AuthServices services(String plugin);

    /** Who decides about the password of a client. */
    CredentialProver prover(Frontend client);

    /**
     * A client has proved who it is; the verdict is given once, now or later on the same event loop.
     *
     * @param nonce what the client was greeted with
     */
    void admit(Login login, byte[] nonce, Verdict verdict);

    /**
     * What a client is told first. Immutable.
     *
     * @param serverVersion by which drivers know what they may ask for
     * @param collationId the default collation
     * @param capabilities what can be served beyond what every server has
     */
    record Greeting(String serverVersion, int collationId, int capabilities) {}

    /**
     * A proven login. Immutable but for the frontend.
     *
     * @param frontend the client's end
     * @param credential who it is
     * @param request what it asked for when it came
     * @param end address and encryption
     */
    record Login(
            Frontend frontend, Credential credential, HandshakeResponse41 request, ClientAuthentication.Client end) {}

    /** How an admission ends. */
    interface Verdict {
        /** The client may send commands; the handler is asked for when the connection still exists. */
        void admitted(CommandPhase commands);

        /** It may not. */
        void refused(ErrPacket error);
    }

    /** The beginning of the command phase. */
    @FunctionalInterface
    interface CommandPhase {
        /** What takes the place of the handshake in the pipeline. */
        ChannelInboundHandler begin();
    }
}
