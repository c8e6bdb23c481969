package dev.sluice.server.admin.port;

import dev.sluice.server.admin.OperationDesk;
import dev.sluice.server.admin.RecordingAdministration;
import dev.sluice.server.admission.OperatorAdmission;
import dev.sluice.server.admission.Refusals;
import dev.sluice.server.config.AccessList;
import dev.sluice.server.config.AdminConfig;
import dev.sluice.server.config.HostPort;
import dev.sluice.server.config.Secret;
import dev.sluice.server.config.TlsConfig;
import dev.sluice.server.config.TlsMode;
import dev.sluice.server.tls.FrontendTls;
import dev.sluice.server.tls.TlsException;
import java.net.BindException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** An admin port of its own in front of a {@link RecordingAdministration}. Thread-safe: its parts are. */
public final class AdminPortFixture implements AutoCloseable {
    /** The account. */
    public static final String USER = "operator";

    /** Its password, with what an encoding could break. */
    public static final String PASSWORD = "pässword'1";

    private final RecordingAdministration administration = new RecordingAdministration();
    private final OperationDesk desk = new OperationDesk(administration);
    private final AtomicLong ids = new AtomicLong(100);
    private final AdminServer server;

    private AdminPortFixture(FrontendTls tls, OperatorAdmission admission, Duration connectPhase, Duration idle)
            throws BindException {
        AdminConfig.Port port = new AdminConfig.Port(new HostPort("127.0.0.1", 0), USER, Secret.of(PASSWORD));
        server = AdminServer.start(
                new AdminServer.Settings(port, connectPhase, idle, Duration.ofMinutes(1), "test"),
                () -> tls,
                desk,
                admission,
                ids::incrementAndGet);
    }

    /** A port with long timeouts. */
    public static AdminPortFixture start(FrontendTls tls) throws BindException {
        return start(tls, admission());
    }

    static AdminPortFixture start(FrontendTls tls, OperatorAdmission admission) throws BindException {
        return new AdminPortFixture(tls, admission, Duration.ofSeconds(20), Duration.ofMinutes(5));
    }

    /** Everybody may try as often as he likes. */
    public static OperatorAdmission admission() {
        return admission(0, System::nanoTime);
    }

    /** An address may try so often in a second. */
    public static OperatorAdmission admission(int attemptsPerSecond, LongSupplier nanoClock) {
        return new OperatorAdmission(
                new OperatorAdmission.Rules(attemptsPerSecond, AccessList.parse("127.0.9.0/24")),
                new Refusals(nanoClock),
                nanoClock);
    }

    OperationDesk desk() {
        return desk;
    }

    static AdminPortFixture start(FrontendTls tls, Duration connectPhase, Duration idle) throws BindException {
        return new AdminPortFixture(tls, admission(), connectPhase, idle);
    }

    /** Certificates and keys as the server makes them. */
    public static FrontendTls tls(TlsMode mode, Path stateDir) throws TlsException {
        TlsConfig.Backend backend = TlsConfig.defaults().backend();
        return FrontendTls.load(new TlsConfig(new TlsConfig.Frontend(mode, Optional.empty()), backend), stateDir);
    }

    /** What the operations came to. */
    public RecordingAdministration administration() {
        return administration;
    }

    /** Where it listens. */
    public int port() {
        return server.address().getPort();
    }

    AdminServer server() {
        return server;
    }

    Connection connect(String... options) throws SQLException {
        return connectAs(USER, PASSWORD, options);
    }

    Connection connectAs(String user, String password, String... options) throws SQLException {
        Properties properties = new Properties();
        properties.put("user", user);
        properties.put("password", password);
        properties.put("connectTimeout", "10000");
        properties.put("socketTimeout", "10000");
        for (String option : options) {
            int equals = option.indexOf('=');
            properties.put(option.substring(0, equals), option.substring(equals + 1));
        }
        return DriverManager.getConnection("jdbc:mysql://127.0.0.1:" + port() + "/", properties);
    }

    @Override
    public void close() {
        server.close();
        desk.close();
    }
}
