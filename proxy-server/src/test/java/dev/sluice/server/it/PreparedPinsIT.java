package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.protocol.CommandType;
import dev.sluice.protocol.ServerStatus;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What ties a prepared statement to a connection, until when, and what is left of it on that connection. */
@Timeout(60)
class PreparedPinsIT {
    private static TestProxy proxy;

    /** What ends an open cursor, or drops parameters that were sent ahead. */
    enum End {
        RESET,
        CLOSE;

        void of(RawClient client, int id) throws IOException {
            if (this == RESET) {
                assertThat(RawClient.first(client.ask(CommandType.COM_STMT_RESET, RawClient.int4(id))))
                        .isEqualTo(RawClient.OK);
            } else {
                client.send(CommandType.COM_STMT_CLOSE, RawClient.int4(id));
            }
        }
    }

    @BeforeAll
    static void start() throws Exception {
        proxy = TestProxy.options().eventLoops(1).connections(1).start(Servers.mysql());
    }

    @AfterAll
    static void stop() {
        proxy.close();
    }

    @AfterEach
    void quiet() throws IOException {
        proxy.awaitQuiet();
    }

    private static String pins(RawClient client) throws IOException {
        List<byte[]> packets = client.query("SHOW SLUICE ROUTE");
        return Route.ofTextRow(packets.get(packets.size() - 2)).pins();
    }

    private static int openedCursor(RawClient client) throws IOException {
        int id = client.prepare("SELECT 1 FROM (SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3) AS t WHERE ? > 0");
        assertThat(client.open(id, 1)).isNotEmpty();
        assertThat(pins(client)).isEqualTo("cursor");
        return id;
    }

    @ParameterizedTest
    @EnumSource
    void aCursorThatIsEndedTiesNothing(End end) throws IOException {
        try (RawClient client = proxy.raw()) {
            int id = openedCursor(client);
            end.of(client, id);
            client.expectSequence(1);
            assertThat(pins(client)).isEmpty();
        }
    }

    @Test
    void aCursorTiesUntilItsLastRowIsFetched() throws IOException {
        try (RawClient client = proxy.raw()) {
            int id = openedCursor(client);
            for (int i = 1; i <= 4; i++) {
                byte[] fetch = Arrays.copyOf(RawClient.int4(id), 8);
                fetch[4] = 1;
                client.send(CommandType.COM_STMT_FETCH, fetch);
                List<byte[]> rows = new ArrayList<>();
                boolean last = (client.readRows(rows) & ServerStatus.SERVER_STATUS_LAST_ROW_SENT) != 0;
                assertThat(last).as("fetch " + i).isEqualTo(rows.size() == 1);
                assertThat(pins(client)).isEqualTo(last ? "" : "cursor");
                if (last) {
                    return;
                }
            }
            throw new AssertionError("three rows have no end");
        }
    }

    @ParameterizedTest
    @EnumSource
    void parametersThatAreDroppedTieNothing(End end) throws IOException {
        try (RawClient client = proxy.raw()) {
            int id = client.prepare("SELECT LENGTH(?)");
            client.send(CommandType.COM_STMT_SEND_LONG_DATA, Arrays.copyOf(RawClient.int4(id), 16));
            client.expectSequence(1);
            assertThat(pins(client)).isEqualTo("long_data");
            end.of(client, id);
            client.expectSequence(1);
            assertThat(pins(client)).isEmpty();
        }
    }

    @Test
    void parametersTieUntilTheyAreExecuted() throws IOException {
        try (RawClient client = proxy.raw()) {
            int id = client.prepare("SELECT LENGTH(?)");
            client.send(CommandType.COM_STMT_SEND_LONG_DATA, Arrays.copyOf(RawClient.int4(id), 16));
            byte[] execute = Arrays.copyOf(RawClient.int4(id), 13);
            execute[5] = 1;
            execute[10] = 1;
            execute[11] = (byte) 0xFC;
            client.send(CommandType.COM_STMT_EXECUTE, execute);
            List<byte[]> packets = client.readResults();
            assertThat(Unpooled.wrappedBuffer(packets.get(packets.size() - 2)).getIntLE(2))
                    .isEqualTo(10);
            assertThat(pins(client)).isEmpty();
        }
    }

    @Test
    void aStatementIsPreparedAnewAfterThePoolHasResetItsConnection() throws IOException {
        try (RawClient client = proxy.raw()) {
            int id = client.prepare("SELECT ? /* reset by the pool */ FOR UPDATE");
            assertRuns(client, id, 1);
            int before = prepared();
            assertRuns(client, id, 2);
            assertThat(prepared()).isEqualTo(before);
            try (RawClient other = proxy.raw()) {
                // It leaves what only a reset can take away.
                assertThat(other.value("SELECT GET_LOCK('reset_by_the_pool', 1)"))
                        .isEqualTo("1");
                assertThat(pins(other)).isEqualTo("user_lock");
            }
            // The connection may have kept statements of sessions that are gone: they go with the reset, too.
            int left = await().atMost(Duration.ofSeconds(20)).until(PreparedPinsIT::prepared, count -> count < before);
            assertRuns(client, id, 3);
            assertThat(prepared()).isEqualTo(left + 1);
        }
    }

    private static void assertRuns(RawClient client, int id, long value) throws IOException {
        List<byte[]> packets = client.execute(id, value, true);
        assertThat(RawClient.first(packets.get(0))).isEqualTo(1);
        assertThat(Unpooled.wrappedBuffer(packets.get(packets.size() - 2)).getLongLE(2))
                .isEqualTo(value);
    }

    private static int prepared() {
        return Integer.parseInt(Servers.mysql()
                .primary()
                .queryValue("SELECT variable_value FROM performance_schema.global_status"
                        + " WHERE variable_name = 'Prepared_stmt_count'"));
    }
}
