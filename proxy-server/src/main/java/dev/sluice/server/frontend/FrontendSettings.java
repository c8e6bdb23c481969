package dev.sluice.server.frontend;

import dev.sluice.server.admission.Refusals;
import dev.sluice.server.admission.Ticket;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * How clients are received. Immutable.
 *
 * @param admission lets connections in
 * @param security TLS for a client that connects now
 * @param compression the capability flags of the compression that is offered; 0 for none
 * @param connectPhaseTimeout from accept to the end of the login, for a client that connects now
 * @param idleTimeout without a command, for a client that begins its first now
 * @param netWriteTimeout in which a client takes nothing of what waits for it, after which it is given up
 * @param refusals counts those who are sent away
 */
public record FrontendSettings(
        Admission admission,
        Supplier<FrontendTransportSecurity> security,
        int compression,
        Supplier<Duration> connectPhaseTimeout,
        Supplier<Duration> idleTimeout,
        Supplier<Duration> netWriteTimeout,
        Refusals refusals) {
    /** The limits on client connections. */
    @FunctionalInterface
    public interface Admission {
        /** A place for a client that connects now. */
        Ticket ticket(Frontend client);
    }
}
