package dev.sluice.server.monitor;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.sluice.router.topology.BackendAddress;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The monitor's connections to one backend: a pool of three while the backend answers. Thread-safe: the pool is swapped
 * under the monitor of this object.
 *
 * <p>While the backend does not answer there is no pool: a pool waits longer and longer between its attempts and hides why
 * they fail, and a prober wants one attempt now and its error. So the first connection after a failure is a plain one, and
 * its success brings the pool back.
 */
final class MonitorConnections implements AutoCloseable {
    /** The prober, the accounts and the heartbeat: none waits for another. */
    private static final Logger LOGGER = LoggerFactory.getLogger(MonitorConnections.class);

    private static final int POOL_SIZE_MAX = 3;
    private static final int KNOCK_MILLIS = 250;

    private final BackendAddress address;
    private final ServerDataSource source;
    private @Nullable HikariDataSource pool;
    private boolean closed;

    MonitorConnections(BackendAddress address, MonitorSettings settings) {
        this.address = address;
        this.source = dataSource(address, settings);
    }

    /**
     * A connection that the caller closes.
     *
     * @throws SQLException if there is none within the timeout
     */
    Connection open() throws SQLException {
        HikariDataSource current;
        synchronized (this) {
            if (closed) {
                throw new SQLException("the monitor is closed");
            }
            current = pool;
        }
        return current == null ? source.getConnection() : current.getConnection();
    }

    /** Whether nobody listens at the address, which a machine that lives says at once. */
    boolean isRefused() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address.host(), address.port()), KNOCK_MILLIS);
            return false;
        } catch (ConnectException e) {
            return true;
        } catch (IOException e) {
            // Silence is not a refusal: the probe itself finds out more.
            LOGGER.debug("knocking at {}: {}", address, e.getMessage());
            return false;
        }
    }

    /** The backend answers: connections may be kept. */
    synchronized void answered() {
        if (pool == null && !closed) {
            pool = new HikariDataSource(poolConfig());
        }
    }

    /** The backend does not answer: connections to it are worthless. */
    void failed() {
        HikariDataSource old;
        synchronized (this) {
            old = pool;
            pool = null;
        }
        closeInBackground(old);
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        failed();
    }

    /** Closing a pool waits for connections in use, which a dead backend keeps waiting: not on a prober's time. */
    private void closeInBackground(@Nullable HikariDataSource old) {
        if (old != null) {
            Thread closer = new Thread(old::close, "sluice-monitor-close-" + address);
            closer.setDaemon(true);
            closer.start();
        }
    }

    /**
     * The driver as a data source of its own, not through DriverManager: the pool would set DriverManager's login timeout,
     * which belongs to the whole process.
     */
    static ServerDataSource dataSource(BackendAddress address, MonitorSettings settings) {
        long millis = settings.timeout().toMillis();
        String url = "jdbc:mysql://" + address + "/?connectTimeout=" + millis + "&socketTimeout=" + millis
                + "&allowMultiQueries=true&connectionAttributes=program_name:sluice-monitor"
                + "&socketFactory=" + MonitorSocketFactory.class.getName()
                + "&logger=com.mysql.cj.log.Slf4JLogger";
        return new ServerDataSource(url, settings.user(), settings.password(), settings.tls());
    }

    private HikariConfig poolConfig() {
        HikariConfig config = new HikariConfig();
        config.setPoolName("monitor-" + address);
        config.setDataSource(source);
        config.setMaximumPoolSize(POOL_SIZE_MAX);
        config.setMinimumIdle(1);
        // The pool looks for a connection until then, however often it is refused: a dead server must be found out
        // sooner.
        config.setConnectionTimeout(MonitorSettings.TIMEOUT_MIN.toMillis());
        config.setValidationTimeout(MonitorSettings.TIMEOUT_MIN.toMillis());
        // A fresh login could meet "too many connections" just when the monitor is needed most.
        config.setMaxLifetime(0);
        config.setInitializationFailTimeout(-1);
        return config;
    }
}
