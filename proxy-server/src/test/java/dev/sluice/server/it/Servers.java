package dev.sluice.server.it;

import dev.sluice.server.localcluster.LocalCluster;
import dev.sluice.server.localcluster.ServerFlavor;

/**
 * The one MySQL cluster that all tests of the JVM share, which must leave its servers and roles as they were; the
 * cluster's own shutdown hook ends it. Thread-safe: started once by the class loader.
 */
final class Servers {
    private static final LocalCluster MYSQL =
            LocalCluster.builder().flavor(ServerFlavor.mysql()).start();

    private Servers() {}

    static LocalCluster mysql() {
        return MYSQL;
    }
}
