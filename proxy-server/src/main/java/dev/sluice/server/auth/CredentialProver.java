package dev.sluice.server.auth;

import dev.sluice.protocol.packet.ErrPacket;

/** Proves credentials by logging in to a backend. Confined to the session's event loop. */
@FunctionalInterface
public interface CredentialProver {
    /** Logs in; the verdict is given later on the same event loop. */
    void prove(Credential credential, Verdict verdict);

    /** How the login ended. */
    interface Verdict {
        /** The backend let the user in. */
        void proved();

        /** The backend, or Sluice in its place, did not. */
        void refused(ErrPacket error);
    }
}
