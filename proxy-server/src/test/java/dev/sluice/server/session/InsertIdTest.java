package dev.sluice.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.testing.Hex;
import dev.sluice.router.RouteReason;
import dev.sluice.router.Target;
import dev.sluice.router.sql.Classification;
import dev.sluice.router.sql.StatementKind;
import dev.sluice.server.backend.FakeBackend;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class InsertIdTest {
    private static final Classification INSERT =
            new Classification(Target.PRIMARY, RouteReason.WRITE, StatementKind.INSERT, 0, 0, 0);
    private static final long EXPLICIT = 77;

    private final FakeBackend home = new FakeBackend();
    private final FakeBackend other = new FakeBackend();
    private final InsertId id = new InsertId();

    @AfterEach
    void close() {
        home.close();
        other.close();
    }

    /** The row that holds 5, between the column and the end. */
    private void answer() {
        home.receive(Hex.bytes("01 00 00 01 01" + "04 00 00 02 03 64 65 66" + "02 00 00 03 01 35"
                + "07 00 00 04 fe 00 00 02 00 00 00"));
    }

    @Test
    void aValueThatSomebodyElseHasAskedForIsWaitedForOnAnyConnection() {
        id.ran(home.connection(), INSERT, EXPLICIT);
        // The statement has looked for a place by now, and waits for a connection.
        InsertId.captureOther(home.connection(), new InsertId());
        home.connection().flush();
        assertThat(id.askElsewhere(other.connection())).isTrue();
        boolean[] known = {false};
        id.whenKnown(() -> known[0] = true);
        answer();
        assertThat(known[0]).isTrue();
        assertThat(id.askElsewhere(other.connection())).isFalse();
        assertThat(id.bringTo(other.connection(), INSERT, new PreludeAnswers(() -> {})))
                .isEqualTo(1);
        other.connection().flush();
        assertThat(other.commands()).containsExactly("03 SET SESSION last_insert_id=5");
    }
}
