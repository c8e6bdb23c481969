package dev.sluice.benchmarks.macro;

import dev.sluice.server.config.HostPort;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;

/** Opens connections with Connector/J as the benchmark wants them: plain text, as the other ways to the data. Immutable. */
record Jdbc(Login login, String database) {
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
        properties.put("sslMode", "DISABLED");
        properties.put("allowPublicKeyRetrieval", "true");
        properties.put("connectTimeout", "10000");
        // A proxy that hangs shall end the run, not stop it.
        properties.put("socketTimeout", "30000");
        properties.put("useServerPrepStmts", Boolean.toString(serverPrepared));
        properties.put("useCursorFetch", Boolean.toString(cursors));
        return DriverManager.getConnection("jdbc:mysql://" + address + "/" + database, properties);
    }
}
