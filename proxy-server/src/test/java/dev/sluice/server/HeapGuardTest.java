package dev.sluice.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.ErrorCode;
import dev.sluice.server.admission.ClientAdmission;
import dev.sluice.server.admission.Limit;
import dev.sluice.server.admission.Refusals;
import dev.sluice.server.admission.Ticket;
import dev.sluice.server.config.AccessConfig;
import dev.sluice.server.config.LimitsConfig;
import dev.sluice.server.session.SessionRegistry;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeapGuardTest {
    private static final long MAX = Runtime.getRuntime().maxMemory();

    private final Refusals refusals = new Refusals(System::nanoTime);
    private final ClientAdmission admission = new ClientAdmission(
            AccessConfig.defaults(), LimitsConfig.defaults(), new SessionRegistry(10), refusals, System::nanoTime);
    private final HeapGuard guard = new HeapGuard(admission, List::of);

    /** The error of one that comes; 0 if it is let in. */
    private int enter() {
        Ticket ticket = admission.ticket(null, "somebody");
        var refused = ticket.enter();
        ticket.leave();
        return refused == null ? 0 : refused.code();
    }

    @Test
    void nobodyIsLetInFromNineTenthsOnUntilAFifthIsFree() {
        guard.collected(MAX * 89 / 100);
        assertThat(enter()).isZero();
        guard.collected(MAX * 91 / 100);
        assertThat(enter()).isEqualTo(ErrorCode.ER_OUT_OF_RESOURCES.code());
        guard.collected(MAX * 81 / 100);
        assertThat(enter()).isEqualTo(ErrorCode.ER_OUT_OF_RESOURCES.code());
        guard.collected(MAX * 79 / 100);
        assertThat(enter()).isZero();
        assertThat(refusals.count(Limit.HEAP)).isEqualTo(2);
    }
}
