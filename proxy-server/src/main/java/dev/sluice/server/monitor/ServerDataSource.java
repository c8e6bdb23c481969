package dev.sluice.server.monitor;

import com.mysql.cj.jdbc.MysqlDataSource;
import dev.sluice.server.tls.JdbcTls;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;

/**
 * Connections of Sluice's own accounts to one server. Each is encrypted as it is in force when the connection begins.
 * Thread-safe: once made it is not changed, and what is in force is asked for.
 */
public final class ServerDataSource extends MysqlDataSource {
    private static final long serialVersionUID = 1L;

    private final transient JdbcTls tls;

    /** @param url with the server's address, and with no property of TLS */
    public ServerDataSource(String url, String user, String password, JdbcTls tls) {
        this.tls = tls;
        setUrl(url);
        setUser(user);
        setPassword(password);
    }

    @Override
    protected Connection getConnection(Properties properties) throws SQLException {
        tls.addTo(properties);
        return super.getConnection(properties);
    }
}
