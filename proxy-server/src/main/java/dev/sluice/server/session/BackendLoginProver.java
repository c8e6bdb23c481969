package dev.sluice.server.session;

import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.auth.CredentialProver;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.BackendFailure;
import dev.sluice.server.backend.Borrower;
import dev.sluice.server.backend.IgnoringOwner;
import dev.sluice.server.backend.PoolKey;

/**
 * Proves a credential at the primary, or at a usable replica while the primary cannot be asked. The connection joins the pool: it
 * will be needed soon. Confined to the session's event loop.
 */
public final class BackendLoginProver implements CredentialProver {
    private final LoopContext context;
    private final int clientCapabilities;

    public BackendLoginProver(LoopContext context, int clientCapabilities) {
        this.context = context;
        this.clientCapabilities = clientCapabilities;
    }

    @Override
    public void prove(Credential credential, Verdict verdict) {
        if (!new Proof(credential, verdict).ask()) {
            verdict.refused(new ErrPacket(1105, "08S01", "No backend is reachable, so nobody can log in"));
        }
    }

    /** One proof: a new connection, which the credential opens or does not. */
    private final class Proof implements Borrower {
        private final Credential credential;
        private final Verdict verdict;
        private final LoginBackends backends = new LoginBackends(context);

        Proof(Credential credential, Verdict verdict) {
            this.credential = credential;
            this.verdict = verdict;
        }

        /** Tries the next backend; false if there is none. */
        boolean ask() {
            int ordinal = backends.next();
            if (ordinal == LoginBackends.NONE) {
                return false;
            }
            PoolKey key = new PoolKey(ordinal, credential.name(), PoolKey.relevant(clientCapabilities));
            context.pool().acquireNew(context.pool().pool(key), this);
            return true;
        }

        @Override
        public void acquired(BackendConnection connection) {
            context.pool().release(connection);
            verdict.proved();
        }

        @Override
        public void acquireFailed(BackendFailure failure) {
            if (backends.mayAnotherAnswer(failure) && ask()) {
                return;
            }
            ErrPacket own = failure.serverError();
            verdict.refused(own != null ? own : new ErrPacket(1105, "08S01", "Login failed: " + failure.message()));
        }

        @Override
        public BackendConnection.Owner owner() {
            return IgnoringOwner.INSTANCE;
        }

        @Override
        public Credential credential() {
            return credential;
        }

        @Override
        public boolean isWaiting() {
            return true;
        }
    }
}
