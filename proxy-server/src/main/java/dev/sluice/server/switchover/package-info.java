/** Planned changes of the primary, under plain GTID replication of MySQL and of MariaDB. */
@NullMarked
package dev.sluice.server.switchover;

import org.jspecify.annotations.NullMarked;
