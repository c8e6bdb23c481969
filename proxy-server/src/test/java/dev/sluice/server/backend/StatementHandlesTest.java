package dev.sluice.server.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.session.StateVector;
import dev.sluice.server.backend.StatementHandles.Handle;
import dev.sluice.server.backend.StatementHandles.Text;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StatementHandlesTest {
    private final StatementBudget budget = new StatementBudget();
    private final StatementHandles handles = new StatementHandles();

    @BeforeEach
    void counts() {
        handles.budget(budget);
    }

    private static Text text(String sql) {
        return new Text(TextDigest.of(sql.getBytes(StandardCharsets.UTF_8)), StateVector.empty(), 0);
    }

    @Test
    void aStatementIsFoundByItsTextAndTheStateItWasPreparedIn() {
        Handle handle = new Handle(5);
        handles.add(text("SELECT 1"), handle);
        assertThat(handles.find(text("SELECT 1"))).isSameAs(handle);
        assertThat(handles.find(text("SELECT 2"))).isNull();
        TextDigest sql = TextDigest.of("SELECT 1".getBytes(StandardCharsets.UTF_8));
        assertThat(handles.find(new Text(sql, StateVector.empty().withSchema("test"), 0)))
                .isNull();
        assertThat(handles.find(new Text(sql, StateVector.empty(), 1))).isNull();
        assertThat(handle.serverId()).isEqualTo(5);
    }

    private void prepare(String sql, Handle handle) {
        assertThat(budget.tryTake(100)).isTrue();
        handles.placeTaken();
        handles.add(text(sql), handle);
    }

    @Test
    void theLeastRecentlyUsedIsTakenFirst() {
        prepare("a", new Handle(1));
        prepare("b", new Handle(2));
        assertThat(handles.find(text("a"))).isNotNull();
        assertThat(handles.takeLeastUsed()).extracting(Handle::serverId).isEqualTo(2);
        assertThat(handles.find(text("b"))).isNull();
        assertThat(handles.find(text("a"))).isNotNull();
        // For another statement.
        assertThat(handles.places()).isEqualTo(2);
    }

    @Test
    void aStatementWithACursorIsNotTaken() {
        Handle first = new Handle(1);
        first.exclusiveTo("its statement");
        prepare("a", first);
        prepare("b", new Handle(2));
        assertThat(handles.takeLeastUsed()).extracting(Handle::serverId).isEqualTo(2);
        assertThat(handles.takeLeastUsed()).isNull();
        assertThat(handles.find(text("a"))).isSameAs(first);
    }

    @Test
    void placesAreGivenBackWithTheStatements() {
        prepare("a", new Handle(1));
        prepare("b", new Handle(2));
        prepare("c", new Handle(3));
        assertThat(budget.taken()).isEqualTo(3);
        assertThat(handles.remove(text("a"))).isNotNull();
        assertThat(handles.remove(text("a"))).isNull();
        assertThat(budget.taken()).isEqualTo(2);
        handles.rename(text("b"), text("d"), new Handle(2));
        assertThat(budget.taken()).isEqualTo(2);
        // Could not be prepared.
        assertThat(budget.tryTake(3)).isTrue();
        assertThat(budget.tryTake(3)).isFalse();
        handles.placeTaken();
        handles.reconcile();
        assertThat(budget.taken()).isEqualTo(2);
        handles.clear();
        assertThat(budget.taken()).isZero();
        assertThat(handles.places()).isZero();
    }

    @Test
    void whatWasRemovedOrClearedIsNotFound() {
        prepare("a", new Handle(1));
        prepare("b", new Handle(2));
        assertThat(handles.remove(text("a"))).isNotNull();
        assertThat(handles.find(text("a"))).isNull();
        handles.clear();
        assertThat(handles.find(text("b"))).isNull();
    }
}
