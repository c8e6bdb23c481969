package dev.sluice.benchmarks.macro;

import dev.sluice.server.config.HostPort;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;

/**
 * Opens connections with Connector/J as the benchmark wants them: without TLS, unless that is what is measured. Immutable.
 */
record Jdbc(Login login, String database, boolean tls) {
    /** Without TLS. */
    Jdbc(Login login, String database) {
        this(login, database, false);
    }

    /** The same with or without TLS. */
    Jdbc withTls(boolean wanted) {
        return new Jdbc(login, database, wanted);
    }

    /** Why it did not work, in one line: the driver likes to add paragraphs. */
    static String reason(SQLException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("no reason given");
    }

    /** A connection whose prepared statements are prepared on the server or not. */
    Connection connect(HostPort address, boolean serverPrepared) throws SQLException {
        return connect(address, serverPrepared, false);
    }

    /** A connection whose prepared statements are read through cursors on the server. */
    Connection connectForCursors(HostPort address) throws SQLException {
        return connect(address, true, true);
    }

    private Connection connect(HostPort address, boolean serverPrepared, boolean cursors) throws SQLException {
        Properties properties = new Properties();
        properties.put("user", login.user());
        properties.put("password", login.password());
        properties.put("sslMode", tls ? "REQUIRED" : "DISABLED");
        properties.put("allowPublicKeyRetrieval", "true");
        properties.put("connectTimeout", "10000");
        // A proxy that hangs shall end the run, not stop it.
        properties.put("socketTimeout", "30000");
        properties.put("useServerPrepStmts", Boolean.toString(serverPrepared));
        properties.put("useCursorFetch", Boolean.toString(cursors));
        return DriverManager.getConnection("jdbc:mysql://" + address + "/" + database, properties);
    }
}
