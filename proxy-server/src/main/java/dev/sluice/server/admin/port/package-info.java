/** The admin port: operations for clients that speak MySQL's protocol. */
@NullMarked
package dev.sluice.server.admin.port;

import org.jspecify.annotations.NullMarked;
