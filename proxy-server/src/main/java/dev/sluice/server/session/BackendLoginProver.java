package dev.sluice.server.session;

import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.router.session.StateVector;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.Topology;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.auth.CredentialProver;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.BackendFailure;
import dev.sluice.server.backend.Borrower;
import dev.sluice.server.backend.ConnectListener;
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
        new Proof(key, credential, verdict).open();
    }

    /**
     * One proof. It needs a connection of its own; where the cap leaves no room for one, it waits in the queue like any
     * statement, and what it is given then makes room.
     */
    private final class Proof implements ConnectListener, Borrower, BackendConnection.Owner {
        private static final int ATTEMPTS_MAX = 10;
        /** Any schema: a connection that has one cannot be brought to none, and this one will only be closed. */
        private static final StateVector ANY = StateVector.empty().withSchema("");

        private final PoolKey key;
        private final Credential credential;
        private final Verdict verdict;
        private int attempts;

        Proof(PoolKey key, Credential credential, Verdict verdict) {
            this.key = key;
            this.credential = credential;
            this.verdict = verdict;
        }

        void open() {
            attempts++;
            context.pool().openForLogin(key, credential, this);
        }

        @Override
        public void connected(BackendConnection connection) {
            context.pool().release(connection);
            verdict.proved();
        }

        @Override
        public void failed(BackendFailure failure) {
            if (failure.kind() == BackendFailure.Kind.EXHAUSTED && attempts < ATTEMPTS_MAX) {
                context.pool().acquire(context.pool().pool(key), ANY, this);
            } else {
                acquireFailed(failure);
            }
        }

        /** Somebody else's connection proves nothing, whoever it logged in: a new one takes its place. */
        @Override
        public void acquired(BackendConnection connection) {
            connection.close();
        }

        @Override
        public void backendClosed(BackendConnection connection, BackendFailure failure) {
            open();
        }

        @Override
        public void acquireFailed(BackendFailure failure) {
            ErrPacket own = failure.serverError();
            verdict.refused(own != null ? own : new ErrPacket(1105, "08S01", "Login failed: " + failure.message()));
        }

        @Override
        public BackendConnection.Owner owner() {
            return this;
        }

        @Override
        public Credential credential() {
            return credential;
        }

        @Override
        public boolean isWaiting() {
            return true;
        }

        @Override
        public void backendReadComplete() {
            // Nothing is relayed.
        }

        @Override
        public void backendWritabilityChanged(BackendConnection connection) {
            // Nothing is written.
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
