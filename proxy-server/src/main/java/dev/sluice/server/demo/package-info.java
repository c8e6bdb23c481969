/** The demonstration: a local cluster, Sluice in front of it, and a tour over one JDBC URL. */
@NullMarked
package dev.sluice.server.demo;

import org.jspecify.annotations.NullMarked;
