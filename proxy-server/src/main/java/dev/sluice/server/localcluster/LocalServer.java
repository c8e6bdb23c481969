package dev.sluice.server.localcluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.StringJoiner;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;

/**
 * One running database server of a {@link LocalCluster}: its address, its accounts, and the ways to hurt it.
 *
 * <p>Thread-safe: methods that change the process hold the server's monitor; connections are the caller's own.
 */
public final class LocalServer {
    /** Among a server's arguments, the way to have it resolve names: once it was told not to, nothing takes that back. */
    static final String RESOLVES_NAMES = "--skip-name-resolve=OFF";

    private static final Duration START_DEADLINE = Duration.ofSeconds(90);
    private static final long POLL_NANOS = Duration.ofMillis(10).toNanos();
    private static final int PROBE_MILLIS = 2000;
    private static final int PORT_TRIES = 5;
    private static final String HOST = "127.0.0.1";

    private final ServerInstance instance;
    private final ServerDialect dialect;
    private final int serverId;
    private final List<String> arguments;
    private final IntSupplier freePorts;
    /** A name that no other server gives to this file: it tells whether who answers is this server. */
    private final String pidFile = "server-" + UUID.randomUUID() + ".pid";

    private volatile int port;
    private volatile boolean readOnly;
    private volatile boolean suspended;

    /**
     * Makes a server that does not run yet.
     *
     * @param freePorts where its port comes from; asked again when somebody else took one in the meantime
     */
    LocalServer(
            ServerInstance instance,
            ServerDialect dialect,
            int serverId,
            List<String> arguments,
            IntSupplier freePorts) {
        this.instance = instance;
        this.dialect = dialect;
        this.serverId = serverId;
        this.arguments = List.copyOf(arguments);
        this.freePorts = freePorts;
    }

    public String host() {
        return HOST;
    }

    /** The port, which stays the same over restarts. */
    public int port() {
        return port;
    }

    /** Host and port as in a configuration file, for example {@code 127.0.0.1:21234}. */
    public String address() {
        return HOST + ":" + port;
    }

    /** The value of {@code @@server_id}. */
    public int serverId() {
        return serverId;
    }

    /** The process id, or -1 when the server is not running. */
    public synchronized long pid() {
        return instance.pid();
    }

    public synchronized boolean isRunning() {
        return instance.isAlive();
    }

    public boolean isSuspended() {
        return suspended;
    }

    /** The JDBC URL of the application's database, without user and password. */
    public String jdbcUrl() {
        return jdbcUrl(Accounts.DATABASE);
    }

    /** The JDBC URL of a database, without user and password; an empty name means none. */
    public String jdbcUrl(String database) {
        return "jdbc:mysql://%s:%d/%s?allowPublicKeyRetrieval=true&connectTimeout=10000"
                .formatted(HOST, port, database);
    }

    /** A new connection with all privileges and no default database. */
    public Connection connect() throws SQLException {
        return connectAsRoot("");
    }

    private Connection connectAsRoot(String urlOptions) throws SQLException {
        Properties properties = new Properties();
        properties.put("user", Accounts.ROOT_USER);
        properties.put("password", "");
        // The harness talks to itself on loopback: TLS would only cost time at each connect.
        properties.put("sslMode", "DISABLED");
        return DriverManager.getConnection(jdbcUrl("") + urlOptions, properties);
    }

    /** A new connection to the application's database. */
    public Connection connect(String user, String password) throws SQLException {
        return connect(user, password, Accounts.DATABASE);
    }

    /** A new connection to a database, or to none when its name is empty. */
    public Connection connect(String user, String password, String database) throws SQLException {
        return DriverManager.getConnection(jdbcUrl(database), user, password);
    }

    /**
     * Runs statements with all privileges.
     *
     * @throws LocalClusterException when one fails
     */
    public void execute(String... statements) {
        execute(List.of(statements));
    }

    void execute(List<String> statements) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new LocalClusterException("Server " + address() + " refused a statement: " + e.getMessage(), e);
        }
    }

    /**
     * The first column of the first row of a query that is run with all privileges, as text.
     *
     * @throws LocalClusterException when the query fails, has no row or a NULL
     */
    public String queryValue(String query) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            String value = rows.next() ? rows.getString(1) : null;
            if (value == null) {
                throw new LocalClusterException("Server " + address() + " has no value for: " + query);
            }
            return value;
        } catch (SQLException e) {
            throw new LocalClusterException("Server " + address() + " refused a query: " + e.getMessage(), e);
        }
    }

    /** Whether the server is connected to a source and applies what it receives. */
    public boolean isReplicating() {
        List<String> states = replicationStatus(dialect.replicationStatusColumns());
        return !states.isEmpty() && states.stream().allMatch("Yes"::equals);
    }

    /** Waits until the server has executed all that it received from its source; it receives no more. */
    void applyReceived(Duration timeout) {
        List<String> received = replicationStatus(List.of(dialect.receivedPositionColumn()));
        if (received.isEmpty()) {
            return;
        }
        execute(dialect.stopReceiving());
        // Read again: more may have come between the question and the stop.
        awaitPosition(
                replicationStatus(List.of(dialect.receivedPositionColumn())).get(0), timeout);
    }

    /** Whether it has received something from the common source that the other has not. */
    boolean hasReceivedMoreThan(LocalServer other) {
        return queryValue(dialect.receivedMoreQuery(received(), other.received()))
                .equals("1");
    }

    private String received() {
        List<String> received = replicationStatus(List.of(dialect.receivedPositionColumn()));
        return (received.isEmpty() || received.get(0).isEmpty() ? position() : received.get(0)).replaceAll("\\s", "");
    }

    /** Everything this server has executed, in the vendor's notation. */
    String position() {
        return queryValue(dialect.positionQuery());
    }

    /** Waits until the server has executed everything up to a position. */
    void awaitPosition(String position, Duration timeout) {
        String compact = position.replaceAll("\\s", "");
        double seconds = Math.max(0.001, timeout.toNanos() / 1e9);
        if (!compact.isEmpty()
                && !queryValue(dialect.awaitPositionQuery(compact, seconds)).equals("0")) {
            throw new LocalClusterException("%s did not execute %s within %.1f s. Its replication: %s"
                    .formatted(this, compact, seconds, replicationReport()));
        }
    }

    /** Columns of the replication status; nothing when the server has no source. */
    private List<String> replicationStatus(List<String> columns) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(dialect.replicationStatusQuery())) {
            List<String> values = new ArrayList<>();
            if (row.next()) {
                for (String column : columns) {
                    values.add(String.valueOf(row.getString(column)));
                }
            }
            return values;
        } catch (SQLException e) {
            throw new LocalClusterException("Server " + address() + " does not say whether it replicates.", e);
        }
    }

    /** Everything that the server says of its replication, for a message. */
    private String replicationReport() {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(dialect.replicationStatusQuery())) {
            StringJoiner report = new StringJoiner(", ");
            while (row.next()) {
                for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                    String value = row.getString(i);
                    if (value != null && !value.isEmpty()) {
                        report.add(row.getMetaData().getColumnLabel(i) + "=" + value);
                    }
                }
            }
            return report.toString();
        } catch (SQLException e) {
            return "it does not tell: " + e.getMessage();
        }
    }

    /** Ends the server with SIGKILL and returns when it is gone; its port refuses connections from then on. */
    public synchronized void kill() {
        instance.kill();
        suspended = false;
    }

    /** Ends the server; test servers are disposable, so this is the same as {@link #kill}. */
    public synchronized void stop() {
        kill();
    }

    /** Freezes the server with SIGSTOP: connections stay open and new ones are accepted by the kernel, nothing answers. */
    public synchronized void suspend() {
        instance.suspend();
        suspended = true;
    }

    /** Lets a suspended server run on. */
    public synchronized void resume() {
        instance.resume();
        suspended = false;
    }

    /** Kills the server if it runs, starts it on its files and port, and returns when it accepts connections. */
    public synchronized void restart() {
        kill();
        start();
    }

    /**
     * Starts a server that is not running and returns when it accepts connections.
     *
     * @throws LocalClusterException when it does not come up
     */
    public synchronized void start() {
        if (instance.isAlive()) {
            throw new IllegalStateException("Server " + address() + " is running");
        }
        boolean portIsFixed = port != 0;
        for (int attempt = 1; ; attempt++) {
            if (!portIsFixed) {
                port = freePorts.getAsInt();
            }
            instance.start(startArguments());
            if (awaitReady()) {
                return;
            }
            LocalClusterException failure = instance.failure("Starting server " + serverId + " on port " + port);
            boolean portInUse = StartFailure.isPortInUse(instance.logTail());
            instance.kill();
            // Between the choice of a port and its use somebody else may have taken it.
            if (portIsFixed || !portInUse || attempt == PORT_TRIES) {
                throw failure;
            }
        }
    }

    private List<String> startArguments() {
        List<String> all = new ArrayList<>(List.of(
                "--bind-address=" + HOST,
                "--port=" + port,
                "--server-id=" + serverId,
                "--pid-file=" + pidFile,
                "--report-host=" + HOST,
                "--report-port=" + port,
                "--log-bin=binlog",
                // Handed to the operating system at each commit: survives a SIGKILL of the server, without the cost of
                // a sync.
                "--sync_binlog=0",
                "--innodb_flush_log_at_trx_commit=2",
                "--log_bin_trust_function_creators=ON",
                "--max_connections=1000"));
        if (!arguments.contains(RESOLVES_NAMES)) {
            all.add("--skip-name-resolve");
        }
        all.addAll(arguments);
        if (readOnly) {
            all.addAll(dialect.readOnlyArguments());
        }
        return all;
    }

    /** Waits until a login succeeds; false when the process ended instead. */
    private boolean awaitReady() {
        long deadline = System.nanoTime() + START_DEADLINE.toNanos();
        while (instance.isAlive()) {
            if (accepts()) {
                return instance.isAlive();
            }
            if (System.nanoTime() - deadline > 0) {
                throw new LocalClusterException("Server %d did not accept connections within %d s: see its log. %s"
                        .formatted(serverId, START_DEADLINE.toSeconds(), instance.logTail()));
            }
            LockSupport.parkNanos(POLL_NANOS);
            if (Thread.currentThread().isInterrupted()) {
                throw new LocalClusterException("Interrupted while server " + serverId + " was starting.");
            }
        }
        return false;
    }

    private boolean accepts() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PROBE_MILLIS);
        } catch (IOException notYet) {
            return false;
        }
        // Somebody else may have the port, accept connections and never say a word, or be another server of this kind.
        try (Connection connection = connectAsRoot("&socketTimeout=" + PROBE_MILLIS);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT @@global.pid_file")) {
            return row.next() && row.getString(1).endsWith(pidFile);
        } catch (SQLException notYet) {
            return false;
        }
    }

    /** The end of the server's log since its last start. */
    public String logTail() {
        return instance.logTail();
    }

    /** Whether the server refuses writes, as far as this cluster set it up, now and after a restart. */
    public boolean isReadOnly() {
        return readOnly;
    }

    /** Decides what the server is after its next start. */
    void startReadOnly(boolean value) {
        readOnly = value;
    }

    /** Makes the server refuse or accept writes, now and after a restart. */
    void setReadOnly(boolean value) {
        execute(dialect.setReadOnly(value));
        readOnly = value;
    }

    ServerDialect dialect() {
        return dialect;
    }

    @Override
    public String toString() {
        return "server " + serverId + " at " + address();
    }
}
