package dev.sluice.server.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.session.StateVector;
import dev.sluice.server.auth.LoginName;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KeyPoolTest {
    private static final StateVector EMPTY = StateVector.empty();

    private final List<FakeBackend> backends = new ArrayList<>();
    private final KeyPool pool = new KeyPool(new PoolKey(0, LoginName.of("app"), 0));

    @AfterEach
    void close() {
        backends.forEach(FakeBackend::close);
    }

    private BackendConnection idle(StateVector vector) {
        FakeBackend backend = new FakeBackend();
        backends.add(backend);
        backend.connection().vector(vector);
        pool.idle().add(backend.connection());
        return backend.connection();
    }

    @Test
    void anEmptyPoolHasNothing() {
        assertThat(pool.takeNearest(EMPTY)).isNull();
    }

    @Test
    void theConnectionInTheWantedStateIsTaken() {
        BackendConnection equal = idle(EMPTY.withSchema("test").with("a", "1"));
        BackendConnection other = idle(EMPTY.withSchema("test"));
        assertThat(pool.takeNearest(EMPTY.withSchema("test").with("a", "1"))).isSameAs(equal);
        assertThat(pool.idle()).containsExactly(other);
    }

    @Test
    void aConnectionThatNeedsNoResetIsBetterThanANewerOneThatDoes() {
        BackendConnection reachable = idle(EMPTY.withSchema("other"));
        BackendConnection dirty = idle(EMPTY.with("b", "2"));
        assertThat(pool.takeNearest(EMPTY.withSchema("test").with("a", "1"))).isSameAs(reachable);
        assertThat(pool.takeNearest(EMPTY.withSchema("test").with("a", "1"))).isSameAs(dirty);
    }

    @Test
    void amongEqualsTheLastUsedComesFirst() {
        BackendConnection older = idle(EMPTY);
        BackendConnection newer = idle(EMPTY);
        assertThat(pool.takeNearest(EMPTY)).isSameAs(newer);
        assertThat(pool.takeNearest(EMPTY)).isSameAs(older);
    }

    @Test
    void aConnectionWithASchemaDoesNotServeASessionWithoutOne() {
        BackendConnection selected = idle(EMPTY.withSchema("test"));
        assertThat(pool.takeNearest(EMPTY)).isNull();
        assertThat(pool.idle()).containsExactly(selected);
    }

    @Test
    void onlyTheNewestAreLookedAtOnceOneIsGoodEnough() {
        BackendConnection equalButOld = idle(EMPTY.with("a", "1"));
        for (int i = 0; i < 8; i++) {
            idle(EMPTY);
        }
        assertThat(pool.takeNearest(EMPTY.with("a", "1"))).isNotNull().isNotSameAs(equalButOld);
    }

    @Test
    void anOldConnectionIsFoundWhenNoNewerOneCanBeUsed() {
        BackendConnection old = idle(EMPTY);
        for (int i = 0; i < 9; i++) {
            idle(EMPTY.withSchema("test"));
        }
        assertThat(pool.takeNearest(EMPTY)).isSameAs(old);
    }
}
