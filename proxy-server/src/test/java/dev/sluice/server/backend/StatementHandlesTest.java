package dev.sluice.server.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.router.session.StateVector;
import dev.sluice.server.backend.StatementHandles.Handle;
import dev.sluice.server.backend.StatementHandles.Text;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class StatementHandlesTest {
    private final StatementHandles handles = new StatementHandles();

    private static Text text(String sql) {
        return new Text(sql.getBytes(StandardCharsets.UTF_8), StateVector.empty(), 0);
    }

    @Test
    void aStatementIsFoundByItsTextAndTheStateItWasPreparedIn() {
        Handle handle = new Handle(5);
        assertThat(handles.add(text("SELECT 1"), handle)).isNull();
        assertThat(handles.find(text("SELECT 1"))).isSameAs(handle);
        assertThat(handles.find(text("SELECT 2"))).isNull();
        byte[] sql = "SELECT 1".getBytes(StandardCharsets.UTF_8);
        assertThat(handles.find(new Text(sql, StateVector.empty().withSchema("test"), 0)))
                .isNull();
        assertThat(handles.find(new Text(sql, StateVector.empty(), 1))).isNull();
        assertThat(handle.serverId()).isEqualTo(5);
    }

    @Test
    void theLeastRecentlyUsedMakesRoom() {
        for (int i = 0; i < StatementHandles.HANDLES_MAX; i++) {
            assertThat(handles.add(text("SELECT " + i), new Handle(i))).isNull();
        }
        assertThat(handles.find(text("SELECT 0"))).isNotNull();
        Handle removed = handles.add(text("SELECT x"), new Handle(1000));
        assertThat(removed).extracting(Handle::serverId).isEqualTo(1);
        assertThat(handles.find(text("SELECT 1"))).isNull();
        assertThat(handles.find(text("SELECT 0"))).isNotNull();
    }

    @Test
    void aStatementWithACursorIsNotClosedForAnother() {
        Handle first = new Handle(0);
        first.exclusiveTo("its statement");
        handles.add(text("SELECT 0"), first);
        for (int i = 1; i < StatementHandles.HANDLES_MAX; i++) {
            handles.add(text("SELECT " + i), new Handle(i));
        }
        Handle removed = handles.add(text("SELECT x"), new Handle(1000));
        assertThat(removed).extracting(Handle::serverId).isEqualTo(1);
        assertThat(handles.find(text("SELECT 0"))).isSameAs(first);
    }

    @Test
    void whatWasRemovedOrClearedIsNotFound() {
        handles.add(text("a"), new Handle(1));
        handles.add(text("b"), new Handle(2));
        handles.remove(text("a"));
        assertThat(handles.find(text("a"))).isNull();
        handles.clear();
        assertThat(handles.find(text("b"))).isNull();
    }
}
