package dev.sluice.server.cli;

import dev.sluice.server.config.AdminConfig;
import dev.sluice.server.config.ConfigException;
import dev.sluice.server.config.ConfigLoader;
import dev.sluice.server.config.HostPort;
import dev.sluice.server.config.Secret;
import dev.sluice.server.config.SecretFile;
import dev.sluice.server.tls.JdbcTrustStore;
import dev.sluice.server.tls.TlsException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The options that say where the admin port is and who comes: in words, or by the configuration file that the server
 * has. Confined to the main thread.
 */
final class AdminAddressOption {
    private static final String CONNECT_TIMEOUT_MILLIS = "5000";
    private static final String DEFAULT_HOST = "127.0.0.1";

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init") // Set by picocli before the command runs.
    private CommandSpec spec;

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            description = "Take address, user and password from this configuration file.")
    private @Nullable Path config;

    @Option(names = "--host", paramLabel = "HOST", description = "Where the admin port is. Default: 127.0.0.1.")
    private @Nullable String host;

    @Option(names = "--port", paramLabel = "PORT", description = "Its port number.")
    private @Nullable Integer port;

    @Option(names = "--user", paramLabel = "NAME", description = "admin.user of the server.")
    private @Nullable String user;

    @Option(
            names = "--password-file",
            paramLabel = "FILE",
            description = "A file whose first line is the password. There is no option for the password itself, because"
                    + " everybody on the host would see it.")
    private @Nullable Path passwordFile;

    @Option(
            names = "--tls-ca",
            paramLabel = "FILE",
            description = "PEM file with the authorities that the server's certificate must lead to. Without it TLS is"
                    + " used and the certificate is not verified.")
    private @Nullable Path ca;

    /** Who comes, and where to. Immutable. */
    private record Account(String host, int port, String user, Secret password) {}

    Connection connect() throws SQLException, ConfigException, CommandFailure, TlsException {
        Account account = account();
        Properties properties = new Properties();
        properties.setProperty("user", account.user());
        properties.setProperty("password", account.password().reveal());
        properties.setProperty("connectTimeout", CONNECT_TIMEOUT_MILLIS);
        properties.setProperty("logger", "com.mysql.cj.log.Slf4JLogger");
        // A server with tls.frontend.mode off has no TLS. On this host that does no harm.
        boolean local = isLocal(account.host());
        properties.setProperty("sslMode", local ? "PREFERRED" : "REQUIRED");
        properties.setProperty("allowPublicKeyRetrieval", String.valueOf(local));
        String url = "jdbc:mysql://" + new HostPort(account.host(), account.port()) + "/";
        if (ca == null) {
            return DriverManager.getConnection(url, properties);
        }
        try (JdbcTrustStore authorities = JdbcTrustStore.of(ca)) {
            authorities.addTo(properties);
            properties.setProperty("sslMode", "VERIFY_CA");
            return DriverManager.getConnection(url, properties);
        }
    }

    private static boolean isLocal(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            // The connection will say so in better words.
            return false;
        }
    }

    private Account account() throws ConfigException, CommandFailure {
        return config == null ? accountOfOptions() : accountOfFile(config);
    }

    private Account accountOfFile(Path file) throws ConfigException {
        if (user != null || passwordFile != null) {
            throw wrong("--config takes user and password from the file; leave out --user and --password-file");
        }
        AdminConfig.Port admin = new ConfigLoader()
                .load(file)
                .admin()
                .port()
                .orElseThrow(() -> wrong(file + " has no admin.listen: there is no admin port"));
        int configured = admin.listen().port();
        if (port == null && configured == 0) {
            throw wrong("admin.listen of " + file + " takes any free port; say which one with --port");
        }
        return new Account(
                host == null ? reachable(admin.listen().host()) : host,
                port == null ? configured : port,
                admin.user(),
                admin.password());
    }

    /** An address that means all addresses of the server cannot be connected to. */
    private static String reachable(String listen) {
        return listen.equals("0.0.0.0") || listen.equals("::") ? DEFAULT_HOST : listen;
    }

    private Account accountOfOptions() throws CommandFailure {
        if (port == null || user == null || passwordFile == null) {
            throw wrong("give --config, or --port, --user and --password-file");
        }
        try {
            Secret password = Secret.of(SecretFile.firstLine(passwordFile));
            return new Account(host == null ? DEFAULT_HOST : host, port, user, password);
        } catch (IOException e) {
            String reason = passwordFile + " cannot be read: " + e.getClass().getSimpleName();
            throw new CommandFailure(ExitCode.BAD_CONFIG, reason, e);
        }
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
