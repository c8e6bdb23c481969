package dev.sluice.server.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.protocol.CommandType;
import dev.sluice.server.config.TlsMode;
import dev.sluice.server.config.Transport;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.uring.IoUring;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every way to drive the sockets serves the same: plain and encrypted, small and large, read slowly and broken off. */
@Timeout(120)
class TransportIT {
    private static final int CLIENTS = 40;
    private static final int RESULT_BYTES = 48 << 20;

    private static TestProxy start(Transport transport) throws Exception {
        // A kernel or a container may forbid it; then nobody can use it here.
        assumeTrue(transport != Transport.IO_URING || IoUring.isAvailable(), "io_uring is not available");
        assumeTrue(transport != Transport.EPOLL || Epoll.isAvailable(), "epoll is not available");
        return TestProxy.options()
                .transport(transport)
                .tls(LoginLab.certificates().ofProxy(TlsMode.PREFERRED))
                .start(Servers.mysql());
    }

    @ParameterizedTest
    @EnumSource(names = "AUTO", mode = EnumSource.Mode.EXCLUDE)
    void serves(Transport transport) throws Exception {
        try (TestProxy proxy = start(transport)) {
            for (String tls : List.of("DISABLED", "REQUIRED")) {
                try (Connection connection = proxy.connect("sslMode=" + tls, "useServerPrepStmts=true")) {
                    assertServes(connection);
                }
            }
            proxy.awaitQuiet();
        }
    }

    private static void assertServes(Connection connection) throws Exception {
        Sql.run(connection, "DROP TABLE IF EXISTS t", "CREATE TABLE t (id INT PRIMARY KEY, v LONGBLOB)");
        byte[] large = new byte[17 << 20];
        new Random(1).nextBytes(large);
        connection.setAutoCommit(false);
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t VALUES (?, ?)")) {
            insert.setInt(1, 1);
            insert.setBytes(2, large);
            assertThat(insert.executeUpdate()).isOne();
        }
        connection.commit();
        connection.setAutoCommit(true);
        try (PreparedStatement select = connection.prepareStatement("SELECT v FROM t WHERE id = ?")) {
            select.setInt(1, 1);
            try (ResultSet rows = select.executeQuery()) {
                assertThat(rows.next()).isTrue();
                assertThat(rows.getBytes(1)).isEqualTo(large);
            }
        }
        assertThat(Sql.error(connection, "SELECT nothing FROM t")).isEqualTo(1054);
        Sql.run(connection, "DROP TABLE t");
    }

    @ParameterizedTest
    @EnumSource(names = "AUTO", mode = EnumSource.Mode.EXCLUDE)
    void manyShareFew(Transport transport) throws Exception {
        try (TestProxy proxy = start(transport)) {
            List<CompletableFuture<Void>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                String value = "value of " + i;
                clients.add(CompletableFuture.runAsync(() -> {
                    try (RawClient client = RawClient.connect(proxy.port())) {
                        for (int n = 0; n < 50; n++) {
                            assertThat(client.value("SELECT '" + value + "'")).isEqualTo(value);
                        }
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }));
            }
            CompletableFuture.allOf(clients.toArray(CompletableFuture[]::new)).join();
            proxy.awaitQuiet();
        }
    }

    /** One reads nothing of a large result for a while, then all of it; another goes away in the middle of his. */
    @ParameterizedTest
    @EnumSource(names = "AUTO", mode = EnumSource.Mode.EXCLUDE)
    void aSlowReaderHoldsNobodyUpAndWhoGoesLeavesNothing(Transport transport) throws Exception {
        byte[] query = ("SELECT REPEAT('x', " + RESULT_BYTES + ")").getBytes(StandardCharsets.US_ASCII);
        try (TestProxy proxy = start(transport);
                RawClient slow = RawClient.connect(proxy.port());
                RawClient other = RawClient.connect(proxy.port())) {
            slow.send(CommandType.COM_QUERY, query);
            try (RawClient gone = RawClient.connect(proxy.port())) {
                gone.send(CommandType.COM_QUERY, query);
            }
            for (int i = 0; i < 100; i++) {
                assertThat(other.value("SELECT " + i)).isEqualTo(Integer.toString(i));
            }
            assertThat(slow.readResults().stream()
                            .mapToLong(packet -> packet.length)
                            .sum())
                    .isGreaterThan(RESULT_BYTES);
            assertThat(slow.value("SELECT 1")).isEqualTo("1");
            await().atMost(TestProxy.SOON)
                    .until(() -> other.value("SELECT COUNT(*) FROM information_schema.processlist"
                                    + " WHERE info LIKE 'SELECT REPEAT%'")
                            .equals("0"));
        }
    }
}
