package dev.sluice.server.it;

import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.LocalServer;
import dev.sluice.server.localcluster.ServerFlavor;
import dev.sluice.server.tls.TlsException;
import java.io.IOException;
import java.security.GeneralSecurityException;

/**
 * The MySQL server of the tests about accounts, which is nobody else's: they lock it up, block hosts and change what logins
 * mean. It shows the same certificate as the proxies do and resolves names, as servers do that block hosts. Thread-safe:
 * started once by the class loader.
 */
final class LoginLab {
    /** Where the server can be reached and does not count the client as its own machine. */
    static final String NOT_LOOPBACK = "127.0.0.2";

    /** The plugins of accounts. */
    static final String[] PLUGINS = {"caching_sha2_password", "mysql_native_password", "sha256_password"};

    private static final LocalCluster CLUSTER = LocalCluster.builder()
            .flavor(ServerFlavor.mysql())
            .replicas(0)
            .performanceSchema(true)
            .serverArgument("--bind-address=127.0.0.1," + NOT_LOOPBACK)
            .serverArgument("--skip-name-resolve=OFF")
            .serverArgument("--check-proxy-users=ON")
            .serverArgument("--mysql-native-password-proxy-users=ON")
            .serverArgument("--sha256-password-proxy-users=ON")
            .start();

    private static final LoginCertificates CERTIFICATES = made();

    private LoginLab() {}

    private static LoginCertificates made() {
        try {
            LoginCertificates made = LoginCertificates.in(CLUSTER.directory());
            made.giveTo(CLUSTER);
            return made;
        } catch (IOException | TlsException | GeneralSecurityException e) {
            throw new IllegalStateException("no certificates for the tests", e);
        }
    }

    static LocalCluster cluster() {
        return CLUSTER;
    }

    static LocalServer server() {
        return CLUSTER.primary();
    }

    static LoginCertificates certificates() {
        return CERTIFICATES;
    }
}
