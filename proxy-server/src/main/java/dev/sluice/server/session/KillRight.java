package dev.sluice.server.session;

import dev.sluice.protocol.Packets;
import dev.sluice.protocol.response.ResponseShape;
import dev.sluice.router.session.Slot;
import dev.sluice.router.session.StateVector;
import dev.sluice.server.auth.Credential;
import dev.sluice.server.backend.BackendConnection;
import dev.sluice.server.backend.BackendFailure;
import dev.sluice.server.backend.Borrower;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The question to a server whether a user may KILL what belongs to others: {@code SHOW GRANTS} on a connection of that user's
 * own, which names the rights of the active roles, too. Confined to the session's event loop.
 */
final class KillRight implements Borrower, BackendConnection.Owner {
    private static final String QUESTION = "SHOW GRANTS";
    private static final int GRANTS_BYTES_MAX = 1 << 20;
    private static final Pattern GLOBAL = Pattern.compile(
            "GRANT (?:[A-Z_ ]+, ?)*(?:SUPER|CONNECTION_ADMIN|CONNECTION ADMIN|ALL PRIVILEGES)(?:, ?[A-Z_ ]+)* ON \\*\\.\\* TO .*",
            Pattern.DOTALL);

    private final SessionParts parts;
    private final LoginBackends backends;
    private final Consumer<Boolean> verdict;
    private final StateVector anyState;
    private @Nullable BackendConnection borrowed;
    private boolean decided;

    private KillRight(SessionParts parts, Consumer<Boolean> verdict) {
        this.parts = parts;
        this.backends = new LoginBackends(parts.context());
        this.verdict = verdict;
        this.anyState = parts.state().vector();
    }

    /**
     * Asks.
     *
     * @param verdict called once, at once or later: whether the right is there; a server that cannot be asked grants nothing
     */
    static KillRight ask(SessionParts parts, Consumer<Boolean> verdict) {
        KillRight question = new KillRight(parts, verdict);
        BackendConnection held = question.held();
        if (held != null) {
            // What SET ROLE has changed is known here and nowhere else.
            question.send(held);
        } else if (!question.acquire()) {
            question.decide(false);
        }
        return question;
    }

    /** The client has gone: nobody wants to know any more. */
    void abandon() {
        decided = true;
    }

    private @Nullable BackendConnection held() {
        for (Slot slot : List.of(Slot.PRIMARY, Slot.REPLICA)) {
            BackendConnection connection = parts.leases().get(slot);
            if (connection != null && parts.state().tiedTo(slot)) {
                parts.context().pool().stopLingering(connection);
                return connection;
            }
        }
        return null;
    }

    private boolean acquire() {
        int ordinal = backends.next();
        if (ordinal == LoginBackends.NONE) {
            return false;
        }
        parts.context().pool().acquire(parts.leases().poolOf(ordinal), anyState, this);
        return true;
    }

    private void send(BackendConnection connection) {
        byte[] sql = QUESTION.getBytes(StandardCharsets.US_ASCII);
        ByteBuf command = connection.channel().alloc().buffer(Packets.HEADER_LENGTH + 1 + sql.length);
        int header = Packets.begin(command, 0);
        connection.beginQuery(command);
        command.writeBytes(sql);
        Packets.end(command, header);
        connection.send(command, new Grants());
        connection.flush();
    }

    private void decide(boolean granted) {
        BackendConnection back = borrowed;
        borrowed = null;
        if (back != null) {
            parts.context().pool().release(back);
        }
        if (!decided) {
            decided = true;
            verdict.accept(granted);
        }
    }

    /** Whether one of the lines of SHOW GRANTS gives the right everywhere. */
    static boolean isGiven(List<String> lines) {
        return lines.stream().anyMatch(line -> GLOBAL.matcher(line).matches());
    }

    /** The lines that the account's rights are printed in. */
    private final class Grants extends InternalResponse {
        Grants() {
            super(ResponseShape.QUERY, GRANTS_BYTES_MAX);
        }

        @Override
        void answered() {
            decide(error() == null && isGiven(values()));
        }

        @Override
        public void failed(BackendFailure failure) {
            borrowed = null;
            decide(false);
        }
    }

    // ---- a connection for the question ----

    @Override
    public void acquired(BackendConnection acquired) {
        borrowed = acquired;
        send(acquired);
    }

    @Override
    public void acquireFailed(BackendFailure failure) {
        if (!backends.mayAnotherAnswer(failure) || !acquire()) {
            decide(false);
        }
    }

    @Override
    public BackendConnection.Owner owner() {
        return this;
    }

    @Override
    public Credential credential() {
        return parts.leases().credential();
    }

    @Override
    public boolean isWaiting() {
        return !decided;
    }

    @Override
    public void backendReadComplete() {
        // Nothing is relayed.
    }

    @Override
    public void backendWritabilityChanged(BackendConnection changed) {
        // One short command is all that is written.
    }

    @Override
    public void backendWanted(BackendConnection connection) {
        // It goes back as soon as the server has answered.
    }

    @Override
    public void backendSilent(BackendConnection connection) {
        // Its end is told to the answer.
    }

    @Override
    public void backendClosed(BackendConnection closed, BackendFailure failure) {
        // The answer that failed has decided.
    }
}
