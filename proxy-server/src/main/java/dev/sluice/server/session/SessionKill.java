package dev.sluice.server.session;

import dev.sluice.server.session.ServerKills.Outcome;
import dev.sluice.server.session.SessionControl.Target;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's KILL on its way through the session that it is meant for. Thread-safe: every step is a task on the event loop of
 * that session.
 *
 * <p>A server ends whatever its connection is at when the kill arrives. So the connection is taken out of use for other
 * sessions before the server is told, and the session takes no next command until the server has answered: nothing but the
 * statement can be hit. A server does nothing when the statement has not reached it yet, or ends what Sluice wrote in front
 * of it; so it is told again while the same statement still runs.
 */
final class SessionKill {
    private static final Logger LOGGER = LoggerFactory.getLogger(SessionKill.class);
    private static final int[] AGAIN_MILLIS = {20, 100, 500};

    private final Session victim;
    private final ServerKills servers;

    SessionKill(Session victim, ServerKills servers) {
        this.victim = victim;
        this.servers = servers;
    }

    /** The user of the session; completes exceptionally if it has ended. */
    CompletableFuture<String> user() {
        return victim.parts().context().ask(() -> {
            if (victim.isClosed()) {
                throw new IllegalStateException("the session has ended");
            }
            return victim.parts().leases().credential().user();
        });
    }

    /** {@code KILL QUERY}: done when no statement of the session can be hit any more that has not been. */
    CompletableFuture<Outcome> endStatement() {
        return victim.parts().context().ask(victim::interrupt).thenCompose(target -> onServer(target, 0));
    }

    /** {@code KILL}: the client's connection is closed, and what it runs is ended on its server. */
    CompletableFuture<Outcome> endSession() {
        return victim.parts()
                .context()
                .ask(victim::kill)
                .thenCompose(target -> target instanceof Target.OnServer running
                        ? servers.killQuery(running.ordinal(), running.threadId())
                        : CompletableFuture.completedFuture(Outcome.DONE))
                .thenApply(outcome -> {
                    if (outcome != Outcome.DONE) {
                        LOGGER.atWarn()
                                .addKeyValue("session", victim.id())
                                .log("killed, but its statement runs on until its server notices");
                    }
                    return Outcome.DONE;
                });
    }

    private CompletableFuture<Outcome> onServer(Target target, int attempt) {
        if (!(target instanceof Target.OnServer running)) {
            return CompletableFuture.completedFuture(Outcome.DONE);
        }
        return servers.killQuery(running.ordinal(), running.threadId())
                .whenComplete((outcome, failure) -> onLoop(() -> {
                    victim.interruptionOver();
                    if (outcome == Outcome.DONE && attempt < AGAIN_MILLIS.length) {
                        look(running, attempt);
                    }
                }));
    }

    private void look(Target.OnServer before, int attempt) {
        var unused = victim.parts()
                .context()
                .loop()
                .schedule(
                        () -> {
                            if (victim.stillRuns(before)) {
                                var unusedToo = onServer(victim.interrupt(), attempt + 1);
                            }
                        },
                        AGAIN_MILLIS[attempt],
                        TimeUnit.MILLISECONDS);
    }

    private void onLoop(Runnable task) {
        try {
            victim.parts().context().loop().execute(task);
        } catch (RejectedExecutionException e) {
            LOGGER.debug("the event loop of session {} has ended", victim.id());
        }
    }
}
