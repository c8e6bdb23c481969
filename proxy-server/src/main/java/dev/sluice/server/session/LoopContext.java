package dev.sluice.server.session;

import dev.sluice.protocol.ErrorCode;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.router.balance.Balancer;
import dev.sluice.router.session.WriteLedger;
import dev.sluice.router.sql.StatementClassifier;
import dev.sluice.router.sql.StatementLexer;
import dev.sluice.router.topology.BackendStatus;
import dev.sluice.router.topology.Health;
import dev.sluice.router.topology.PositionBoard;
import dev.sluice.router.topology.Role;
import dev.sluice.router.topology.ServerFacts;
import dev.sluice.router.topology.ServerFlavor;
import dev.sluice.router.topology.Topology;
import dev.sluice.server.admission.ClientNotices;
import dev.sluice.server.admission.Limit;
import dev.sluice.server.admission.Refusals;
import dev.sluice.server.auth.CredentialCache;
import dev.sluice.server.backend.BackendFailure;
import dev.sluice.server.backend.LoopPool;
import dev.sluice.server.frontend.Frontend;
import dev.sluice.server.frontend.UnsentBytes;
import dev.sluice.server.metrics.LoopMetrics;
import dev.sluice.server.monitor.TriggerWatch;
import io.netty.channel.EventLoop;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the sessions of one event loop share: pool, lexer, balancer, counters, and the queue of those that wait for a
 * primary. Confined to the session's event loop, except {@link #topologyChanged}, {@link #primarySampled}, {@link #gateOpened}, {@link #unfinished} and
 * {@link #ask}, which may be called from any thread.
 */
public final class LoopContext implements WriteGate.Loop {
    private static final Logger LOGGER = LoggerFactory.getLogger(LoopContext.class);

    /** What a session has without its client's doing, and little more. */
    private static final int KEPT_BYTES_MIN = 4096;

    private static final long SWEEP_MILLIS = 250;

    /**
     * What all loops share. Immutable.
     *
     * @param classifier decides what a statement needs
     * @param topology the newest snapshot
     * @param settings the limits of sessions, as configured at this moment
     * @param switches what an operator has switched
     * @param registry every live session
     * @param texts of all prepared statements
     * @param credentials what is known of passwords
     * @param habits the users whose sessions ask about their last statement
     * @param triggers whether triggers may assign variables of which servers say nothing
     * @param signals hints to the monitor
     * @param evidence what is known of positions
     * @param gate where new work waits while an operator wants it to
     * @param serverKills ends statements on the servers
     * @param refusals counts who is turned away
     * @param nanoClock a monotonic clock
     */
    public record Shared(
            StatementClassifier classifier,
            Supplier<Topology> topology,
            Supplier<SessionSettings> settings,
            SessionSwitches switches,
            SessionRegistry registry,
            StatementTexts texts,
            CredentialCache credentials,
            DiagnosticsUsers habits,
            TriggerWatch triggers,
            MonitorSignals signals,
            Evidence evidence,
            WriteGate gate,
            ServerKills serverKills,
            Refusals refusals,
            LongSupplier nanoClock) {}

    /** What the data path noticed before the monitor could. Thread-safe: implementations only set flags. */
    public interface MonitorSignals {
        /** A backend gave trouble: a connection to it broke or could not be made, or else it refused one in words. */
        void trouble(int backendOrdinal, boolean connectionLost);

        /** The primary executed a write. */
        void wrote();

        /** Accounts have changed: whatever was known of them may not hold. */
        void accountsChanged();

        /** Somebody waits for the position of this backend as it is from now on. */
        void positionWanted(int backendOrdinal);
    }

    private final EventLoop loop;
    private final Shared shared;
    private final LoopPool pool;
    private final Balancer balancer;
    private final LoopMetrics metrics;
    private final StatementLexer lexer = new StatementLexer();
    private final UnsentBytes unsent;
    private final PrimaryQueue primaryQueue;
    private final CausalWaits causalWaits;
    private final PositionQueue positionQueue = new PositionQueue();
    private volatile boolean awaitsPosition;
    /** The last primary that this loop knew; -1 before the first. */
    private int servedAsPrimary = -1;

    public LoopContext(EventLoop loop, Shared shared, LoopPool pool, Balancer balancer, LoopMetrics metrics) {
        this.loop = loop;
        this.shared = shared;
        this.pool = pool;
        this.balancer = balancer;
        this.metrics = metrics;
        // Servers end idle connections for reasons of their own, too: a reason to look, not to doubt.
        pool.whenIdleLost(ordinal -> shared.signals().trouble(ordinal, false));
        this.unsent = new UnsentBytes(
                () -> settings().unsentBytesMax(),
                (client, bytes) -> refused(
                        Limit.BUFFERED_BYTES,
                        client,
                        "the client does not take its answers, or does not end its command: " + bytes + " bytes wait"));
        this.primaryQueue = new PrimaryQueue(pool.waiting());
        this.causalWaits = new CausalWaits(() -> settings().consistency().causalWait());
        shared.gate().register(this);
        var unused = loop.scheduleWithFixedDelay(this::sweep, SWEEP_MILLIS, SWEEP_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** A client of this loop, or a statement of it, was turned away. */
    void refused(Limit limit, Frontend client, String what) {
        boolean unused = shared.refusals().add(limit, client.address(), what);
    }

    /** Whether there is to be a line in the log about what a client has sent. */
    ClientNotices notices() {
        return shared.refusals().notices();
    }

    /** What is kept for clients of this loop that do not take their answers, or do not end what they send. */
    public UnsentBytes unsent() {
        return unsent;
    }

    EventLoop loop() {
        return loop;
    }

    /**
     * Sends those clients away who have this loop keep the most on the heap, until so many bytes are free, and nobody who has it
     * keep next to nothing. Called from any thread.
     */
    public void makeRoom(long bytes) {
        loop.execute(() -> {
            List<Session> largest = registry().all().stream()
                    .filter(session -> session.parts().context() == this && session.heldBytes() > KEPT_BYTES_MIN)
                    .sorted(Comparator.comparingLong(Session::heldBytes).reversed())
                    .toList();
            long freed = 0;
            for (Session session : largest) {
                if (freed >= bytes) {
                    return;
                }
                freed += session.heldBytes();
                String what = "its session had Sluice keep " + session.heldBytes() + " bytes";
                refused(Limit.HEAP, session.parts().frontend(), "the heap is nearly used up: " + what);
                session.endNow(ErrorCode.ER_OUT_OF_RESOURCES.toPacket(what));
            }
        });
    }

    /** The backend connections of this loop. */
    public LoopPool pool() {
        return pool;
    }

    Balancer balancer() {
        return balancer;
    }

    /** The counters of this loop. */
    public LoopMetrics metrics() {
        return metrics;
    }

    StatementLexer lexer() {
        return lexer;
    }

    StatementClassifier classifier() {
        return shared.classifier();
    }

    /** The newest snapshot. */
    public Topology topology() {
        return shared.topology().get();
    }

    /** Whether the primary is known to be a MariaDB server. */
    boolean isMariaDb() {
        BackendStatus primary = topology().primary();
        ServerFacts facts = primary == null ? null : primary.facts();
        return facts != null && facts.flavor() == ServerFlavor.MARIADB;
    }

    /** An error in the words of the servers, also while there is no primary. */
    ErrPacket inServersWords(ErrorCode error, Object... arguments) {
        return pool().isMariaDb(topology().lastPrimaryOrdinal())
                ? error.toMariaDbPacket(arguments)
                : error.toPacket(arguments);
    }

    SessionSettings settings() {
        return shared.settings().get();
    }

    /** What an operator has switched. */
    SessionSwitches switches() {
        return shared.switches();
    }

    /** Every client connection of the process. */
    public SessionRegistry registry() {
        return shared.registry();
    }

    StatementTexts texts() {
        return shared.texts();
    }

    PositionBoard positions() {
        return shared.evidence().positions();
    }

    WriteLedger ledger() {
        return shared.evidence().ledger();
    }

    /** The replicas that are worth waiting for. */
    CausalWaits causalWaits() {
        return causalWaits;
    }

    /** Lets a read wait until the primary has told its position, for as long as it may wait for a replica. */
    void awaitPosition(PrimaryQueue.Waiter read) {
        PositionQueue.Place place = positionQueue.add(read, nowNanos());
        awaitsPosition = true;
        var unused = loop.schedule(
                () -> positionQueue.giveUp(place), causalWaits.limit().toNanos(), TimeUnit.NANOSECONDS);
        shared.signals().positionWanted(topology().primaryOrdinal());
    }

    /** The primary was asked for its position, which the evidence has by now. Called from any thread. */
    public void primarySampled(long askedNanos) {
        if (awaitsPosition) {
            loop.execute(() -> {
                positionQueue.sampled(askedNanos);
                awaitsPosition = !positionQueue.isEmpty();
            });
        }
    }

    CredentialCache credentials() {
        return shared.credentials();
    }

    DiagnosticsUsers habits() {
        return shared.habits();
    }

    TriggerWatch triggers() {
        return shared.triggers();
    }

    ServerKills serverKills() {
        return shared.serverKills();
    }

    WriteGate gate() {
        return shared.gate();
    }

    /** A backend refused, reset or dropped a connection: the monitor looks at it at once. */
    void backendTrouble(int ordinal, BackendFailure failure) {
        if (ordinal >= 0 && isTrouble(failure)) {
            shared.signals().trouble(ordinal, failure.kind() != BackendFailure.Kind.REFUSED);
        }
    }

    /**
     * A full pool, a client whom the server turns away, a backend that an operator took away, and what Sluice itself lacks say
     * nothing about its health.
     */
    private static boolean isTrouble(BackendFailure failure) {
        return failure.kind() != BackendFailure.Kind.EXHAUSTED
                && failure.kind() != BackendFailure.Kind.TURNED_AWAY
                && failure.kind() != BackendFailure.Kind.NO_BACKEND
                && failure.kind() != BackendFailure.Kind.OWN_SHORTAGE
                && !isDenied(failure);
    }

    /** A wrong password says nothing about it either. */
    private static boolean isDenied(BackendFailure failure) {
        ErrPacket error = failure.serverError();
        return error != null && error.code() == ErrorCode.ER_ACCESS_DENIED_ERROR.code();
    }

    /** A statement of a session has changed accounts: nothing that was proved before counts for the next login. */
    void accountsChanged() {
        shared.credentials().accountsChanged();
        shared.signals().accountsChanged();
    }

    /** Something was written: replicas will have to be looked at soon. */
    void wrote() {
        shared.signals().wrote();
    }

    long nowNanos() {
        return shared.nanoClock().getAsLong();
    }

    /** The statements that wait for a primary. */
    PrimaryQueue primaryQueue() {
        return primaryQueue;
    }

    /** Ends what cannot go on, and lets the waiting sessions look again. Called from any thread. */
    public void topologyChanged(Topology before, Topology now) {
        loop.execute(() -> {
            for (BackendStatus backend : now.backends()) {
                endIfGone(before.find(backend.ordinal()), backend, now);
            }
            if (topology().primary() != null) {
                letWaitingLook();
            } else if (now.readableReplicas() != before.readableReplicas()) {
                // A read came here when no replica was fit for it.
                primaryQueue.retryReads();
            }
        });
    }

    /** Answers a question on the loop. Called from any thread. */
    public <T> CompletableFuture<T> ask(Supplier<T> question) {
        try {
            return CompletableFuture.supplyAsync(question, loop);
        } catch (RejectedExecutionException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    @Override
    public void gateOpened() {
        loop.execute(primaryQueue::retryAll);
    }

    @Override
    public CompletableFuture<List<Session>> unfinished(@Nullable List<Session> among, WriteGate.Level level) {
        CompletableFuture<List<Session>> answer = new CompletableFuture<>();
        try {
            loop.execute(() -> {
                Collection<Session> asked = among == null ? registry().all() : among;
                answer.complete(asked.stream()
                        .filter(session -> session.isUnfinished(loop, level))
                        .toList());
            });
        } catch (RejectedExecutionException e) {
            // The loop has ended, and every session on it.
            answer.complete(List.of());
        }
        return answer;
    }

    /** Those that would only come back, for the gate is closed, keep their place. */
    private void letWaitingLook() {
        if (gate().level() == WriteGate.Level.OPEN) {
            primaryQueue.retryAll();
        }
    }

    /**
     * A replica that stops answering would keep the reads that others can answer. A primary that stops answering is given
     * time for all but reads, for what was sent to it may have been executed; but once another has taken its place, nothing
     * that it still holds can be of use, unless it lives on as a replica: then it serves reads, and {@link DemotedPrimary}
     * sees to the sessions that are tied to it.
     */
    private void endIfGone(@Nullable BackendStatus before, BackendStatus backend, Topology now) {
        int ordinal = backend.ordinal();
        boolean silent = before != null && before.health() == Health.ONLINE && backend.health() == Health.UNREACHABLE;
        if (silent && backend.role() == Role.REPLICA) {
            pool.endAll(ordinal, backend.address() + " does not answer");
        } else if (silent) {
            pool.fellSilent(ordinal);
        }
        BackendStatus primary = now.primary();
        if (primary != null && servedAsPrimary != ordinal && ordinal == primary.ordinal()) {
            if (servedAsPrimary >= 0 && !isHealthyReplica(now.find(servedAsPrimary))) {
                pool.endAll(servedAsPrimary, primary.address() + " has become the primary");
            }
            servedAsPrimary = ordinal;
        }
    }

    private static boolean isHealthyReplica(@Nullable BackendStatus backend) {
        return backend != null && backend.health() == Health.ONLINE && backend.role() == Role.REPLICA;
    }

    private void sweep() {
        try {
            lookAfterThoseWhoWait();
        } catch (RuntimeException | Error e) {
            // Nobody would look after them any more if this ended here.
            LOGGER.atError().setCause(e).log("those who wait could not be looked after; they will be in a moment");
        }
    }

    private void lookAfterThoseWhoWait() {
        primaryQueue.giveUpLate(nowNanos());
        if (topology().primary() != null) {
            // It was there but could not be connected to: it may be back before a probe has noticed anything.
            letWaitingLook();
        } else {
            // A replica may have what a read waits for by now.
            primaryQueue.retryReads();
        }
    }
}
