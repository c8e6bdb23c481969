package dev.sluice.server.localcluster;

import java.nio.file.Path;

/**
 * A server flavour that is present and known to run on this machine.
 *
 * <p>Thread-safe: implementations are immutable.
 */
public interface ServerInstallation {
    /** Vendor, version and origin in one line, for example {@code MySQL 8.0.31 (Maven artifact ...)}. */
    String description();

    /** The version that runs. */
    ServerVersion version();

    /**
     * Makes a server that has never been started, with the accounts of {@link Accounts} and no binary log.
     *
     * @param directory a new directory that belongs to this server alone
     * @throws LocalClusterException when the files cannot be written
     */
    ServerInstance create(Path directory, ProgressListener progress);
}
