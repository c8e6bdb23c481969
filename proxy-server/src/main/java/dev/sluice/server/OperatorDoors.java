package dev.sluice.server;

import dev.sluice.server.admin.Administration;
import dev.sluice.server.admin.OperationDesk;
import dev.sluice.server.admin.port.AdminServer;
import dev.sluice.server.admission.OperatorAdmission;
import dev.sluice.server.cli.BuildInfo;
import dev.sluice.server.config.AdminConfig;
import dev.sluice.server.config.HostPort;
import dev.sluice.server.config.SluiceConfig;
import dev.sluice.server.http.LivenessProbe;
import dev.sluice.server.http.ManagementApi;
import dev.sluice.server.http.ManagementServer;
import dev.sluice.server.http.ReadinessProbe;
import dev.sluice.server.metrics.MetricsRegistry;
import dev.sluice.server.tls.FrontendTls;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where operators and their tools come in, as far as the configuration opens it: the admin port, and the management
 * server with metrics, health and the API. Thread-safe: its parts are.
 */
final class OperatorDoors implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(OperatorDoors.class);

    private @Nullable OperationDesk desk;
    private @Nullable AdminServer port;
    private @Nullable ManagementServer management;

    /**
     * What the doors show and need of the process. Immutable; its parts are thread-safe.
     *
     * @param tls what is shown to clients of the admin port
     * @param admission who may try how often
     * @param ids of connections, for the whole process
     * @param metrics what is scraped
     * @param readiness whether clients should be sent here
     * @param liveness whether the process works
     */
    record Surroundings(
            Supplier<FrontendTls> tls,
            OperatorAdmission admission,
            LongSupplier ids,
            MetricsRegistry metrics,
            ReadinessProbe readiness,
            LivenessProbe liveness) {}

    private OperatorDoors() {}

    /**
     * Opens the doors.
     *
     * @param administration null if there is nothing to operate; then only metrics and health are served
     * @throws IOException if an address cannot be had
     */
    static OperatorDoors open(SluiceConfig config, @Nullable Administration administration, Surroundings around)
            throws IOException {
        OperatorDoors doors = new OperatorDoors();
        boolean open = false;
        try {
            ManagementApi api = administration == null ? null : doors.openPort(config, administration, around);
            if (config.metrics().listen().isPresent()) {
                HostPort listen = config.metrics().listen().orElseThrow();
                doors.management = ManagementServer.start(
                        new InetSocketAddress(listen.host(), listen.port()),
                        around.metrics(),
                        around.readiness(),
                        around.liveness(),
                        api,
                        around.admission());
            }
            open = true;
            return doors;
        } finally {
            if (!open) {
                doors.close();
            }
        }
    }

    private @Nullable ManagementApi openPort(SluiceConfig config, Administration administration, Surroundings around)
            throws IOException {
        AdminConfig admin = config.admin();
        String version = BuildInfo.current().version();
        OperationDesk operations = new OperationDesk(administration);
        desk = operations;
        if (admin.port().isPresent()) {
            AdminServer.Settings settings = new AdminServer.Settings(
                    admin.port().orElseThrow(),
                    config.limits().connectPhaseTimeout(),
                    config.limits().idleTimeout(),
                    config.limits().netWriteTimeout(),
                    version);
            AdminServer opened =
                    AdminServer.start(settings, around.tls(), operations, around.admission(), around.ids());
            port = opened;
            LOGGER.atInfo().addKeyValue("listen", opened.address()).log("the admin port is open");
        }
        return admin.apiToken()
                .map(token -> new ManagementApi(operations, around.admission(), token, admin.allowRemote(), version))
                .orElse(null);
    }

    /** Where metrics are served, or null when they are not. */
    @Nullable
    InetSocketAddress managementAddress() {
        return management == null ? null : management.address();
    }

    /** Where the admin port listens, or null when there is none. */
    @Nullable
    InetSocketAddress adminAddress() {
        return port == null ? null : port.address();
    }

    @Override
    public void close() {
        if (management != null) {
            management.close();
        }
        if (port != null) {
            port.close();
        }
        if (desk != null) {
            desk.close();
        }
    }
}
