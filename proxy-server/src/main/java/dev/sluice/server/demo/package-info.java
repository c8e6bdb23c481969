/**
 * The demonstration: a local cluster, Sluice in front of it, and a tour over one JDBC URL.
 *
 * <p>{@link dev.sluice.server.demo.Demo} owns the life of everything that is started;
 * {@link dev.sluice.server.demo.Tour} goes through the steps. Those of {@link dev.sluice.server.demo.StatementSteps} ask
 * a {@link dev.sluice.server.demo.TourSession}; in those of {@link dev.sluice.server.demo.ServerSteps} an
 * {@link dev.sluice.server.demo.Operator} acts as well, and {@link dev.sluice.server.demo.TourServers} come and die.
 * {@link dev.sluice.server.demo.TourReport} says what they print, and {@link dev.sluice.server.demo.DemoOutput} prints it.
 */
@NullMarked
package dev.sluice.server.demo;

import org.jspecify.annotations.NullMarked;
