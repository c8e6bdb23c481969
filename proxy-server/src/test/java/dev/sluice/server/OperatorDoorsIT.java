package dev.sluice.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.router.topology.Topology;
import dev.sluice.server.admin.Administration;
import dev.sluice.server.admin.Operation;
import dev.sluice.server.admin.RecordingAdministration;
import dev.sluice.server.admin.port.AdminPortFixture;
import dev.sluice.server.config.ConfigException;
import dev.sluice.server.config.ConfigLoader;
import dev.sluice.server.config.SluiceConfig;
import dev.sluice.server.metrics.MetricsRegistry;
import dev.sluice.server.tls.FrontendTls;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
@SuppressWarnings("NullAway.Init")
class OperatorDoorsIT {
    @TempDir
    static Path state;

    private static FrontendTls tls;

    private final RecordingAdministration administration = new RecordingAdministration();
    private final AtomicLong ids = new AtomicLong(41);

    @BeforeAll
    static void makeCertificates() throws Exception {
        tls = FrontendTls.load(config("").tls(), state);
    }

    private static SluiceConfig config(String more) throws ConfigException {
        String text = """
                listen: 127.0.0.1:0
                backends: [{address: "a:1"}]
                monitor: {user: m, password: p}
                """;
        return new ConfigLoader().parse(text + more, "f.yaml", state);
    }

    private OperatorDoors open(SluiceConfig config, @Nullable Administration operations) throws IOException {
        return OperatorDoors.open(
                config,
                operations,
                new OperatorDoors.Surroundings(
                        () -> tls,
                        AdminPortFixture.admission(),
                        ids::incrementAndGet,
                        new MetricsRegistry(() -> Topology.EMPTY, List.of()),
                        List::of,
                        () -> true));
    }

    private static int api(InetSocketAddress address) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + address.getPort() + "/api/v1/backends"))
                .header("Authorization", "Bearer tok")
                .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    private static Connection connect(InetSocketAddress address) throws Exception {
        return DriverManager.getConnection("jdbc:mysql://127.0.0.1:" + address.getPort() + "/", "op", "pw");
    }

    @Test
    void nothingIsOpenUnlessItIsConfigured() throws Exception {
        try (OperatorDoors doors = open(config(""), administration)) {
            assertThat(doors.adminAddress()).isNull();
            assertThat(doors.managementAddress()).isNull();
        }
    }

    @Test
    void bothDoorsLeadToTheSameOperations() throws Exception {
        SluiceConfig config = config("""
                metrics: {listen: "127.0.0.1:0"}
                admin: {listen: "127.0.0.1:0", user: op, password: pw, token: tok}
                """);
        OperatorDoors doors = open(config, administration);
        InetSocketAddress port = Objects.requireNonNull(doors.adminAddress());
        InetSocketAddress management = Objects.requireNonNull(doors.managementAddress());
        try (doors;
                Connection connection = connect(port);
                ResultSet id = connection.createStatement().executeQuery("SELECT CONNECTION_ID()")) {
            assertThat(id.next()).isTrue();
            // An id that no client of the data path has: KILL must not meet an operator by mistake.
            assertThat(id.getLong(1)).isEqualTo(42);
            assertThat(connection.createStatement().execute("SHOW BACKENDS")).isTrue();
            assertThat(api(management)).isEqualTo(200);
        }
        assertThat(administration.operations())
                .containsExactly(
                        new Operation.Show(Operation.View.BACKENDS), new Operation.Show(Operation.View.BACKENDS));
        assertThatThrownBy(() -> connect(port).close()).hasMessageContaining("Communications link failure");
        assertThatThrownBy(() -> api(management)).isInstanceOf(IOException.class);
    }

    @Test
    void withoutATokenThereIsNoApi() throws Exception {
        try (OperatorDoors doors = open(config("metrics: {listen: '127.0.0.1:0'}"), administration)) {
            assertThat(api(Objects.requireNonNull(doors.managementAddress()))).isEqualTo(404);
        }
        assertThat(administration.operations()).isEmpty();
    }

    @Test
    void anAddressInUseIsAnErrorThatNamesTheDoor() throws Exception {
        try (OperatorDoors first =
                open(config("admin: {listen: '127.0.0.1:0', user: op, password: pw}"), administration)) {
            int taken = Objects.requireNonNull(first.adminAddress()).getPort();
            SluiceConfig second = config("admin: {listen: '127.0.0.1:" + taken + "', user: op, password: pw}");
            assertThatThrownBy(() -> open(second, administration).close())
                    .isInstanceOf(BindException.class)
                    .hasMessageContaining("cannot listen on 127.0.0.1:" + taken + " for the admin port");
        }
    }
}
