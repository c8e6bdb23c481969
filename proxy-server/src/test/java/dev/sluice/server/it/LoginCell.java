package dev.sluice.server.it;

import java.util.List;
import java.util.Properties;

/**
 * One way to log in. Immutable.
 *
 * @param user who
 * @param password with what
 * @param database to where; none if empty
 * @param tls how the client encrypts
 * @param options of the driver, as {@code name=value}; {@code mariadb} alone chooses MariaDB's driver
 */
record LoginCell(String user, String password, String database, LoginTls tls, List<String> options) {
    static final String MARIADB = "mariadb";

    LoginCell(String user, String password, String database, LoginTls tls, String... options) {
        this(user, password, database, tls, List.of(options));
    }

    /** Logs in at a port. */
    LoginOutcome at(int port, LoginCertificates certificates) {
        boolean mariaDb = isMariaDbs();
        Properties properties = new Properties();
        properties.put("user", user);
        properties.put("password", password);
        properties.put("connectTimeout", Integer.toString(TestProxy.TIMEOUT_MILLIS));
        properties.put("socketTimeout", Integer.toString(TestProxy.TIMEOUT_MILLIS));
        properties.put("allowPublicKeyRetrieval", "true");
        tls.addTo(properties, mariaDb, certificates);
        for (String option : options) {
            int equals = option.indexOf('=');
            if (equals > 0) {
                properties.put(option.substring(0, equals), option.substring(equals + 1));
            }
        }
        String scheme = mariaDb ? "jdbc:mariadb" : "jdbc:mysql";
        return LoginOutcome.of(scheme + "://127.0.0.1:" + port + "/" + database, properties);
    }

    boolean isMariaDbs() {
        return options.contains(MARIADB);
    }

    @Override
    public String toString() {
        return user + "/" + password + "/" + database + " " + tls + " " + String.join(" ", options);
    }
}
