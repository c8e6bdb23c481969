package dev.sluice.server.session;

import dev.sluice.protocol.ErrorCode;
import dev.sluice.protocol.Packets;
import dev.sluice.protocol.packet.ErrPacket;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.KillStatement;
import dev.sluice.router.sql.StatementKind;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * KILL as clients ask for it, in a query or as COM_PROCESS_KILL. The ids that clients know are Sluice's: no server ever sees
 * one. One KILL runs at a time, and no other command of the session meanwhile. Confined to the session's event loop.
 */
final class ClientKill {
    private static final Logger LOGGER = LoggerFactory.getLogger(ClientKill.class);
    private static final int PROCESS_KILL_BYTES = 5;

    private final Session session;
    private final SessionParts parts;
    private boolean running;
    private @Nullable KillRight question;

    ClientKill(Session session) {
        this.session = session;
        this.parts = session.parts();
    }

    /** Whether a KILL has not been answered yet. */
    boolean isRunning() {
        return running;
    }

    /** Takes a query that kills. Takes the reference. */
    void query(ByteBuf packet, Classification statement) {
        int index = packet.readerIndex() + Packets.HEADER_LENGTH + 1;
        KillStatement wanted = statement.kind() == StatementKind.KILL
                ? KillStatement.read(
                        packet,
                        index,
                        packet.writerIndex() - index,
                        parts.state().lexicalMode())
                : null;
        packet.release();
        if (wanted == null || (wanted.mariaDbOnly() && !parts.context().isMariaDb())) {
            refuse();
        } else {
            boolean own = wanted.connectionId() == KillStatement.OWN;
            kill(own ? session.id() : wanted.connectionId(), wanted.queryOnly());
        }
    }

    /** Refuses a KILL that cannot be read, or that would run where Sluice cannot see it. */
    void refuse() {
        refuse(parts.context().inServersWords(ErrorCode.ER_NOT_SUPPORTED_YET, "KILL in this form through Sluice"));
        session.resume();
    }

    private void refuse(ErrPacket error) {
        parts.lastStatement().refused(error);
        parts.frontend().send(1, error);
    }

    /** Takes a COM_PROCESS_KILL, without its reference. */
    void process(ByteBuf packet) {
        if (packet.readableBytes() < Packets.HEADER_LENGTH + PROCESS_KILL_BYTES) {
            refuse(parts.context().inServersWords(ErrorCode.ER_MALFORMED_PACKET));
            return;
        }
        kill(packet.getUnsignedIntLE(packet.readerIndex() + Packets.HEADER_LENGTH + 1), false);
    }

    private void kill(long id, boolean queryOnly) {
        if (id == session.id()) {
            killItself(queryOnly);
            return;
        }
        Session victim = parts.context().registry().find(id);
        if (victim == null) {
            refuse(ErrorCode.ER_NO_SUCH_THREAD.toPacket(id));
            session.resume();
            return;
        }
        running = true;
        SessionKill order = new SessionKill(victim, parts.context().serverKills());
        here(order.user(), (user, failure) -> {
            if (user == null) {
                answer(ErrorCode.ER_NO_SUCH_THREAD.toPacket(id));
            } else if (user.equals(parts.leases().credential().user())) {
                carryOut(order, id, queryOnly);
            } else {
                question = KillRight.ask(parts, right -> {
                    switch (right) {
                        case GRANTED -> carryOut(order, id, queryOnly);
                        case DENIED -> answer(ErrorCode.ER_KILL_DENIED_ERROR.toPacket(id));
                        case UNKNOWN -> answer(Failures.killRightUnknown());
                    }
                });
            }
        });
    }

    private void carryOut(SessionKill order, long id, boolean queryOnly) {
        here(queryOnly ? order.endStatement() : order.endSession(), (outcome, failure) -> {
            if (outcome == null) {
                answer(ErrorCode.ER_NO_SUCH_THREAD.toPacket(id));
                return;
            }
            switch (outcome) {
                case DONE -> answer(null);
                case DENIED -> answer(Failures.killDenied());
                case FAILED -> answer(Failures.killFailed());
            }
        });
    }

    private void killItself(boolean queryOnly) {
        if (queryOnly) {
            refuse(ErrorCode.ER_QUERY_INTERRUPTED.toPacket());
            session.resume();
            return;
        }
        ErrorCode word = parts.context().isMariaDb() ? ErrorCode.ER_CONNECTION_KILLED : ErrorCode.ER_QUERY_INTERRUPTED;
        session.endWith(1, word.toPacket());
    }

    /** Goes on in this session's event loop, if there still is somebody to answer. */
    private <T> void here(CompletableFuture<T> answer, BiConsumer<@Nullable T, @Nullable Throwable> then) {
        var unused = answer.whenComplete((value, failure) -> {
            try {
                parts.context().loop().execute(() -> {
                    if (running) {
                        then.accept(value, failure);
                    }
                });
            } catch (RejectedExecutionException e) {
                LOGGER.debug("the event loop of session {} has ended, and with it the session", session.id());
            }
        });
    }

    private void answer(@Nullable ErrPacket error) {
        session.answeredHere();
        running = false;
        question = null;
        if (error == null) {
            parts.lastStatement().answered();
            parts.frontend().sendOk(session.status());
        } else {
            refuse(error);
        }
        session.commandFinished();
    }

    /** The client has gone. */
    void abandon() {
        running = false;
        KillRight asked = question;
        question = null;
        if (asked != null) {
            asked.abandon();
        }
    }
}
