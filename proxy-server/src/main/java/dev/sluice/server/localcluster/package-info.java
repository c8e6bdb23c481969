/**
 * Real MySQL and MariaDB servers on loopback for the demo, the tests and the benchmarks.
 *
 * <p>The path from nothing to a running cluster: a {@link dev.sluice.server.localcluster.ServerFlavor} finds or fetches
 * the server's files and answers with a {@link dev.sluice.server.localcluster.ServerInstallation}; the installation
 * makes one {@link dev.sluice.server.localcluster.ServerInstance} per server from a data directory that was initialised
 * once and is copied since; {@link dev.sluice.server.localcluster.LocalServer} gives it a port, starts it and waits for
 * it; {@link dev.sluice.server.localcluster.LocalCluster} joins several of them by GTID replication, with the statements
 * of the vendor's {@link dev.sluice.server.localcluster.ServerDialect}.
 *
 * <p>Nothing here outlives the JVM, not even one that is killed: every server hangs on a pipe of its parent (see
 * {@link dev.sluice.server.localcluster.GuardedProcess}).
 */
@NullMarked
package dev.sluice.server.localcluster;

import org.jspecify.annotations.NullMarked;
