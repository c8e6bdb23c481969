package dev.sluice.server.session;

import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.Topology;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.auth.CredentialProver;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.BackendFailure;
import dev.sluice.server.backend.Borrower;
import dev.sluice.server.backend.IgnoringOwner;
import dev.sluice.server.backend.PoolKey;
import org.jspecify.annotations.Nullable;

/**
 * Proves a credential at the primary, or at any usable replica while there is no primary. The connection joins the pool: it
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
        BackendStatus backend = anyBackend(context.topology());
        if (backend == null) {
            verdict.refused(new ErrPacket(1105, "08S01", "No backend is reachable, so nobody can log in"));
            return;
        }
        PoolKey key = new PoolKey(backend.ordinal(), credential.user(), PoolKey.relevant(clientCapabilities));
        context.pool().acquireNew(context.pool().pool(key), new Proof(credential, verdict));
    }

    /** One proof: a new connection, which the credential opens or does not. */
    private final class Proof implements Borrower {
        private final Credential credential;
        private final Verdict verdict;

        Proof(Credential credential, Verdict verdict) {
            this.credential = credential;
            this.verdict = verdict;
        }

        @Override
        public void acquired(BackendConnection connection) {
            context.pool().release(connection);
            verdict.proved();
        }

        @Override
        public void acquireFailed(BackendFailure failure) {
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

    private static @Nullable BackendStatus anyBackend(Topology topology) {
        BackendStatus primary = topology.primary();
        if (primary != null) {
            return primary;
        }
        for (BackendStatus backend : topology.backends()) {
            if (backend.isUsable()) {
                return backend;
            }
        }
        return null;
    }
}
